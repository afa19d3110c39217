#ifndef U2FI_SERVICES_COMMON_RPC_GRPC_STATUS_H_
#define U2FI_SERVICES_COMMON_RPC_GRPC_STATUS_H_

#include "absl/status/status.h"
#include "grpcpp/support/status.h"

namespace u2fi::rpc {

// What goes on the wire for `status`: an error of ours keeps its code and
// message and carries a google.rpc.Status with exactly one ErrorInfo (domain
// "u2fi"), a BadRequest if it names fields, and a RetryInfo if it has advice or
// is UNAVAILABLE. An error that is not ours becomes INTERNAL with a neutral
// sentence, and its cause goes to the log. Texts are cut and freed from
// everything but printable ASCII, so that the whole fits into the 8 KiB that
// gRPC allows for trailers.
grpc::Status ToGrpcStatus(const absl::Status& status);

// What a client makes of an answer, the reverse of the above. Where gRPC itself
// answered (no well-formed detail of ours), the reason follows from the code:
// PEER_UNAVAILABLE, PEER_LIMIT, DEADLINE_EXCEEDED, CANCELLED, CALLER_UNKNOWN,
// CALLER_NOT_ALLOWED, UNIMPLEMENTED, else INTERNAL. The peer is not trusted to
// be well-formed: details over 16 KiB are ignored.
absl::Status FromGrpcStatus(const grpc::Status& status);

}  // namespace u2fi::rpc

#endif  // U2FI_SERVICES_COMMON_RPC_GRPC_STATUS_H_
