namespace AeonKeys.Model
{
    /// <summary>Without this part, an update that does not set the expiry sends null, which removes it.</summary>
    public partial class UpdateApiKey
    {
        public bool ClearsExpiry { get; set; }

        public bool ShouldSerializeExpiresAt()
        {
            return ExpiresAt != null || ClearsExpiry;
        }
    }
}
