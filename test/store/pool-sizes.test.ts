import { test } from 'tap'
import { poolSizesOf } from '../../src/store/pool-sizes.ts'

test('every DATABASE_POOL_MAX reserves connections for verifications and for other accounts', (t) => {
  for (let max = 2; max <= 1_000; max += 1) {
    const sizes = poolSizesOf(max)
    if (sizes.verification + sizes.management !== max) t.fail(`${max}: the sum is exceeded`)
    if (sizes.verification < 1 || sizes.management < 1) t.fail(`${max}: a pool is empty`)
    if (sizes.lockingFirstUses > 0 && sizes.lockingFirstUses > sizes.verification - 2) {
      t.fail(`${max}: first uses that wait for locks may hold every connection`)
    }
    if (max >= 4 && sizes.managementPerAccount >= sizes.management) {
      t.fail(`${max}: one account may hold every management connection`)
    }
    if (max >= 4 && sizes.longReads >= sizes.management) {
      t.fail(`${max}: long reads may hold every management connection`)
    }
    if (max >= 8 && sizes.longReadsPerAccount > sizes.longReads / 2) {
      t.fail(`${max}: one account may hold more than half of the connections for long reads`)
    }
  }
  t.match(poolSizesOf(1), { verification: 1, management: 1 }, 'a pool of one counts as two')
  t.same(poolSizesOf(10), {
    verification: 4,
    lockingFirstUses: 2,
    management: 6,
    managementPerAccount: 4,
    longReads: 3,
    longReadsPerAccount: 1,
  })
  t.end()
})
