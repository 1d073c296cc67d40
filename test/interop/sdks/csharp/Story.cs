using System;
using System.Collections.Generic;
using System.IO;
using AeonKeys.Api;
using AeonKeys.Client;
using AeonKeys.Model;
using Newtonsoft.Json;
using Newtonsoft.Json.Linq;

/// <summary>The story of a key, told through the client of openapi-generator for C#.</summary>
public static class Story
{
    public static void Main()
    {
        var now = ClientOf("BASE_URL");
        var api = new APIKeysApi(now);
        var account = new AccountsApi(now).CreateAccount(new CreateAccount(name: "C#")).Account.Id;
        var office = new CreateAllowList("office", entries: new List<string> { "203.0.113.7" });
        var list = new AllowListsApi(now).CreateAllowList(account, office).AllowList.Id;
        var wish = new IssueApiKey(
            name: "csharp",
            role: "developer",
            expiresAt: new DateTime(2999, 1, 1, 0, 0, 0, DateTimeKind.Utc),
            allowListIds: new List<Guid> { list },
            metadata: new Dictionary<string, string> { { "team", "csharp" } }
        );
        var issued = api.IssueApiKey(account, wish, "csharp");
        var id = issued.ApiKey.Id.ToString();

        var attempt = new Attempt(issued.Token, "203.0.113.7");
        Expect(new VerificationApi(now).VerifyToken(attempt).Valid, "the token is valid");
        var page = api.ListApiKeys(account, status: new List<string> { "active", "disabled" }, namePrefix: "cs");
        Expect(page.ApiKeys.Count == 1, "one key is listed");
        var tag = api.GetApiKeyWithHttpInfo(account, id).Headers["ETag"][0];
        var changed = api.UpdateApiKey(account, id, tag, updateApiKey: new UpdateApiKey { Description = "changed" }).ApiKey;
        Expect(changed.Description == "changed", "the description has changed");
        Expect(changed.ExpiresAt != null, "the expiry has not");
        Expect(changed.AllowListIds.Contains(list) && changed.Metadata["team"] == "csharp", "nor has the rest");
        var clear = new UpdateApiKey { ClearsExpiry = true, Metadata = new Dictionary<string, string>() };
        var cleared = api.UpdateApiKey(account, id, "*", updateApiKey: clear).ApiKey;
        Expect(cleared.ExpiresAt == null && cleared.Metadata.Count == 0, "null and an empty map clear");
        IssueForEver(api, account);
        MeetFuture(ClientOf("FUTURE_URL"), account, id);

        var revoked = api.RevokeApiKey(account, id);
        Expect(revoked.ApiKey.Status == "revoked", "the key is revoked");
        var receipt = new FreshnessApi(now).GetReceipt(revoked.Receipt.Revision, revoked.Receipt.Id, 5000);
        Expect(receipt.Receipt.State == "complete", "the receipt is complete");
        ReadModels();
        Console.WriteLine("told: the story in C#");
    }

    /// <summary>The constructor refuses null for what is required; the setter does not.</summary>
    private static void IssueForEver(APIKeysApi api, Guid account)
    {
        var wish = new IssueApiKey(name: "for ever", role: "viewer", expiresAt: DateTime.UtcNow) { ExpiresAt = null };
        Expect(api.IssueApiKey(account, wish).ApiKey.ExpiresAt == null, "the key never expires");
    }

    /// <summary>Reads answers with fields and values that the document does not know.</summary>
    private static void MeetFuture(Configuration future, Guid account, string id)
    {
        var api = new APIKeysApi(future);
        Expect(api.GetApiKey(account, id).ApiKey.Status == "future_value", "a status");
        var verdict = new VerificationApi(future).VerifyToken(new Attempt("nonsense"));
        Expect(!verdict.Valid && verdict.Reason == "future_value", "a reason");
        try
        {
            api.GetApiKey(account, account.ToString());
            throw new Exception("no error");
        }
        catch (ApiException refused)
        {
            var problem = JsonConvert.DeserializeObject<Problem>(refused.ErrorContent.ToString());
            Expect(problem.Code == "future_value", "a code");
        }
    }

    /// <summary>Reads a sample of every model, and prints what the model has of it.</summary>
    private static void ReadModels()
    {
        var read = new JObject();
        var samples = JObject.Parse(File.ReadAllText(Environment.GetEnvironmentVariable("FUTURE_MODELS")));
        foreach (var sample in samples)
        {
            var type = typeof(Problem).Assembly.GetType("AeonKeys.Model." + sample.Key, true);
            read[sample.Key] = JToken.FromObject(JsonConvert.DeserializeObject(sample.Value.ToString(), type));
        }
        Console.WriteLine("models: " + read.ToString(Formatting.None));
    }

    private static Configuration ClientOf(string variable)
    {
        return new Configuration
        {
            BasePath = Environment.GetEnvironmentVariable(variable),
            AccessToken = Environment.GetEnvironmentVariable("ROOT_TOKEN"),
        };
    }

    private static void Expect(bool holds, string what)
    {
        if (!holds) throw new Exception("Not so: " + what);
    }
}
