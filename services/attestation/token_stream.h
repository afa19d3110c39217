#ifndef U2FI_SERVICES_ATTESTATION_TOKEN_STREAM_H_
#define U2FI_SERVICES_ATTESTATION_TOKEN_STREAM_H_

#include <cstddef>
#include <string>

#include "absl/status/statusor.h"
#include "grpcpp/server_context.h"
#include "grpcpp/support/server_callback.h"
#include "services/attestation/token_events.h"

namespace u2fi::attestation {

// Events that wait for a slow reader; with more its stream ends.
inline constexpr size_t kMaxQueuedEvents = 4096;

// Streams changes of tokens until the reader goes: of the tenant that the
// request names, or of all for `-`. It sends its initial metadata when it
// hears, and ends with UNAVAILABLE or RESOURCE_EXHAUSTED where events are
// missing: the reader then connects again and forgets what it knew.
// INVALID_FIELD ends it at once. The result deletes itself; `events` must
// outlive it.
grpc::ServerWriteReactor<v1::WatchTokensResponse>* StartTokenStream(
    TokenEvents& events, const v1::WatchTokensRequest& request);

// A stream that ends at once with `status`.
grpc::ServerWriteReactor<v1::WatchTokensResponse>* RefuseTokenStream(
    const absl::Status& status);

}  // namespace u2fi::attestation

#endif  // U2FI_SERVICES_ATTESTATION_TOKEN_STREAM_H_
