#ifndef U2FI_SERVICES_ATTESTATION_TOKEN_STREAM_H_
#define U2FI_SERVICES_ATTESTATION_TOKEN_STREAM_H_

#include <string>

#include "absl/status/statusor.h"
#include "grpcpp/server_context.h"
#include "grpcpp/support/server_callback.h"
#include "services/attestation/token_events.h"

namespace u2fi::attestation {

// Streams changes of tokens until the reader goes (rpc::EventStream): of the
// tenant that the request names, or of all for `-`. INVALID_FIELD ends it at
// once. The result deletes itself; `events` must outlive it.
grpc::ServerWriteReactor<v1::WatchTokensResponse>* StartTokenStream(
    TokenEvents& events, const v1::WatchTokensRequest& request);

// A stream that ends at once with `status`.
grpc::ServerWriteReactor<v1::WatchTokensResponse>* RefuseTokenStream(
    const absl::Status& status);

}  // namespace u2fi::attestation

#endif  // U2FI_SERVICES_ATTESTATION_TOKEN_STREAM_H_
