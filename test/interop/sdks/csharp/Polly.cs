using System;
using System.Threading.Tasks;

/// <summary>What the client names of Polly, a library for retries that no program sets.</summary>
namespace Polly
{
    public enum OutcomeType
    {
        Successful,
        Failure,
    }

    public class PolicyResult<T>
    {
        public OutcomeType Outcome;
        public T Result;
        public Exception FinalException;
    }

    public interface ISyncPolicy<T> { }

    public interface IAsyncPolicy<T>
    {
        Task<PolicyResult<T>> ExecuteAndCaptureAsync(Func<Task<T>> action);
    }
}
