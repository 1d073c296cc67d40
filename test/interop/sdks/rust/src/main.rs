//! The story of a key, told through the client that openapi-generator makes for Rust.

use aeon_keys::apis::accounts_api::create_account;
use aeon_keys::apis::api_keys_api::{
    get_api_key, issue_api_key, revoke_api_key, update_api_key, IssueApiKeyError,
};
use aeon_keys::apis::configuration::Configuration;
use aeon_keys::apis::verification_api::verify_token;
use aeon_keys::apis::Error;
use aeon_keys::models::{ApiKey, Attempt, CreateAccount, IssueApiKey, UpdateApiKey};
use std::collections::HashMap;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let now = client_of("BASE_URL")?;
    let made = create_account(&now, CreateAccount::new("Rust".into()), None, None, None).await?;
    let account = made.account.id.to_string();
    let mut wish = IssueApiKey::new(
        "rust".into(),
        "developer".into(),
        Some("2999-01-01T00:00:00Z".into()),
    );
    wish.metadata = Some(HashMap::from([("team".into(), "rust".into())]));
    let issued = issue_api_key(&now, &account, wish.clone(), None, None, None).await?;
    let (id, token) = (
        issued.api_key.id.to_string(),
        issued.token.ok_or("no token")?,
    );
    assert!(verify_token(&now, Attempt::new(token.clone())).await?.valid);

    match issue_api_key(&now, &account, wish, None, None, None).await {
        Err(Error::ResponseError(refused)) => {
            assert_eq!(problem_code(refused.entity), "name_taken")
        }
        other => panic!("a taken name: {other:?}"),
    }

    let change = UpdateApiKey {
        description: Some("changed".into()),
        ..UpdateApiKey::new()
    };
    // The client returns no headers, so no ETag: `*` changes the key whatever its state is.
    let changed =
        update_api_key(&now, &account, &id, "*", None, None, None, Some(change)).await?;
    assert_eq!(changed.api_key.description, "changed");
    assert_eq!(changed.api_key.metadata["team"], "rust");
    assert!(changed.api_key.expires_at.is_some());

    let clear = UpdateApiKey {
        expires_at: Some(None),
        metadata: Some(HashMap::new()),
        ..UpdateApiKey::new()
    };
    let cleared = update_api_key(&now, &account, &id, "*", None, None, None, Some(clear)).await?;
    assert!(cleared.api_key.expires_at.is_none() && cleared.api_key.metadata.is_empty());
    assert_eq!(cleared.api_key.description, "changed");

    let future: ApiKey = *get_api_key(&client_of("FUTURE_URL")?, &account, &id, None)
        .await?
        .api_key;
    assert_eq!(future.status, "future_value");

    // No body: the client sends null.
    let revoked = revoke_api_key(&now, &account, &id, None, None, None, None).await?;
    assert_eq!(revoked.api_key.status, "revoked");
    let verdict = verify_token(&now, Attempt::new(token)).await?;
    assert!(!verdict.valid && verdict.reason.as_deref() == Some("revoked"));
    println!("told: the story in Rust");
    Ok(())
}

fn problem_code(entity: Option<IssueApiKeyError>) -> String {
    match entity {
        Some(IssueApiKeyError::Status400(problem) | IssueApiKeyError::Status409(problem)) => {
            problem.code
        }
        other => panic!("not a problem: {other:?}"),
    }
}

fn client_of(variable: &str) -> Result<Configuration, Box<dyn std::error::Error>> {
    Ok(Configuration {
        base_path: std::env::var(variable)?,
        bearer_access_token: Some(std::env::var("ROOT_TOKEN")?),
        ..Configuration::new()
    })
}
