import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import keys.ApiClient;
import keys.ApiException;
import keys.api.*;
import keys.model.*;

/** The story of a key, told through the client that openapi-generator makes for Java. */
public final class Story {
  public static void main(String[] args) throws Exception {
    ApiClient now = clientOf("BASE_URL");
    ApiKeysApi api = new ApiKeysApi(now);
    UUID account = new AccountsApi(now)
        .createAccount(new CreateAccount().name("Java"), null, null, null).getAccount().getId();
    CreateAllowList office = new CreateAllowList().name("office").entries(List.of("203.0.113.7"));
    UUID list = new AllowListsApi(now)
        .createAllowList(account, office, null, null, null).getAllowList().getId();
    IssueApiKey wish = new IssueApiKey().name("java").role("developer").expiresAt(null)
        .allowListIds(List.of(list)).metadata(Map.of("team", "java"));
    IssuedApiKey issued = api.issueApiKey(account, wish, "java", null, null);
    String id = issued.getApiKey().getId().toString();

    VerificationApi verification = new VerificationApi(now);
    Attempt attempt = new Attempt().token(issued.getToken()).clientIp("203.0.113.7");
    expect(verification.verifyToken(attempt).getValid(), "the token is valid");
    // A later version may have one more parameter: an object of parameters is not affected.
    ApiKeyPage page = api.listApiKeys(ApiKeysApi.APIListApiKeysRequest.newBuilder()
        .accountId(account).status(List.of("active", "disabled")).namePrefix("ja").build());
    expect(page.getApiKeys().size() == 1, "one key is listed");
    String tag = api.getApiKeyWithHttpInfo(account, id, null).getHeaders().get("etag").get(0);
    UpdateApiKey change = new UpdateApiKey().description("changed");
    ApiKey changed = api.updateApiKey(ApiKeysApi.APIUpdateApiKeyRequest.newBuilder()
        .accountId(account).id(id).ifMatch(tag).updateApiKey(change).build()).getApiKey();
    expect("changed".equals(changed.getDescription()), "the description has changed");
    expect(changed.getAllowListIds().equals(List.of(list)), "the lists have not");
    expect(changed.getMetadata().equals(Map.of("team", "java")), "the metadata has not");
    meetFuture(clientOf("FUTURE_URL"), account, id);

    // No body: the client sends null.
    ChangedApiKey revoked = api.revokeApiKey(account, id, null, null, null, null);
    expect("revoked".equals(revoked.getApiKey().getStatus()), "the key is revoked");
    Receipt receipt = revoked.getReceipt();
    Receipt later = new FreshnessApi(now)
        .getReceipt(receipt.getRevision(), receipt.getId(), 5000, null).getReceipt();
    expect("complete".equals(later.getState()), "the receipt is complete");
    readModels(now.getObjectMapper());
    System.out.println("told: the story in Java");
  }

  /** Reads answers with fields and values that the document does not know. */
  private static void meetFuture(ApiClient future, UUID account, String id) throws Exception {
    ApiKeysApi api = new ApiKeysApi(future);
    expect("future_value".equals(api.getApiKey(account, id, null).getApiKey().getStatus()), "a status");
    Verdict verdict = new VerificationApi(future).verifyToken(new Attempt().token("nonsense"));
    expect(!verdict.getValid() && "future_value".equals(verdict.getReason()), "a reason");
    try {
      api.getApiKey(account, account.toString(), null);
      throw new AssertionError("no error");
    } catch (ApiException refused) {
      Problem problem = future.getObjectMapper().readValue(refused.getResponseBody(), Problem.class);
      expect("future_value".equals(problem.getCode()), "a code");
    }
  }

  /** Reads a sample of every model of an answer, and prints what the model has of it. */
  private static void readModels(ObjectMapper mapper) throws Exception {
    JsonNode samples = mapper.readTree(Path.of(System.getenv("FUTURE_MODELS")).toFile());
    Map<String, Object> read = new TreeMap<>();
    for (Map.Entry<String, JsonNode> sample : samples.properties()) {
      Class<?> model = Class.forName("keys.model." + sample.getKey());
      read.put(sample.getKey(), mapper.readValue(sample.getValue().toString(), model));
    }
    System.out.println("models: " + mapper.writeValueAsString(read));
  }

  private static ApiClient clientOf(String variable) {
    ApiClient client = new ApiClient();
    client.updateBaseUri(System.getenv(variable));
    String token = System.getenv("ROOT_TOKEN");
    client.setRequestInterceptor(request -> request.header("Authorization", "Bearer " + token));
    return client;
  }

  private static void expect(boolean holds, String what) {
    if (!holds) throw new AssertionError("Not so: " + what);
  }
}
