import { type RawBuilder, sql } from 'kysely'
import { beginsWord } from './search-words.ts'

/** What the texts of events are searched for. */
export interface EventSearch {
  /** Each begins a word of the action, of the actor's or resource's name, or of the reason. */
  readonly words?: readonly string[]
  /** The address in its canonical form, from which the request came or a key was denied. */
  readonly clientIp?: string
  /** Whether the reader may know from where the platform's keys and people act, and their names. */
  readonly platformToo: boolean
}

/** Whether the text of an event has what is searched. */
export function hasSearched(search: EventSearch): RawBuilder<boolean>[] {
  const { words, clientIp } = search
  return [
    ...(clientIp === undefined ? [] : cameFrom(clientIp, search)),
    ...(words === undefined ? [] : [saysAll(words, search)]),
  ]
}

/** As actorSeenBy of src/domain/principal.ts. */
const hasPlatformActor = sql`(told #>> '{actor,kind}' = 'platform'
  or coalesce(told #>> '{actor,verified}' = 'platform', false))`

/** Only texts that meet the first condition, which is the cheaper one, are parsed. */
function cameFrom(clientIp: string, { platformToo }: EventSearch): RawBuilder<boolean>[] {
  const isSeen = platformToo ? sql`true` : sql`told #>> '{via,platform}' is distinct from 'true'`
  return [
    sql<boolean>`content like ${`%"client_ip":"${clientIp}"%`}`,
    sql<boolean>`(
      select case action when 'api_key.denied' then told #>> '{after,client_ip}' = ${clientIp}
        else told ->> 'client_ip' = ${clientIp} and ${isSeen} end
      from ${parsed})`,
  ]
}

/** Each word begins one of the event's words. */
function saysAll(words: readonly string[], { platformToo }: EventSearch): RawBuilder<boolean> {
  const isSeen = platformToo ? sql`true` : sql`not ${hasPlatformActor}`
  const begun = words.map(
    (word) => sql`exists (
      select from words_of(said) as word where ${beginsWord(sql`word collate "C"`, word)})`,
  )
  return sql<boolean>`(
    select ${sql.join(begun, sql` and `)} from (
      select concat_ws(' ', action, told #>> '{resource,name}', told ->> 'reason',
        case when ${isSeen} then told #>> '{actor,name}' end) as said
      from ${parsed} offset 0
    ) as event)`
}

/** The text of the event, parsed once. */
const parsed = sql`(select content::jsonb as told offset 0) as parsed`
