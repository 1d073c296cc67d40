namespace AeonKeys.Model
{
    /// <summary>Else an update without an expiry sends null, which removes it.</summary>
    public partial class UpdateApiKey
    {
        public bool ClearsExpiry { get; set; }

        public bool ShouldSerializeExpiresAt()
        {
            return ExpiresAt != null || ClearsExpiry;
        }
    }
}
