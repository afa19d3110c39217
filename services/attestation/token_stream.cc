#include "services/attestation/token_stream.h"

#include <utility>

#include "services/common/rpc/event_stream.h"
#include "services/common/rpc/ids.h"

namespace u2fi::attestation {
namespace {

constexpr char kAllTenants[] = "-";

using TokenStream =
    rpc::EventStream<v1::WatchTokensResponse, TokenEvents::Watch>;

grpc::ServerWriteReactor<v1::WatchTokensResponse>* Stream(TokenEvents& events,
                                                          std::string tenant) {
  return new TokenStream([&](TokenStream::Callback callback) {
    return events.Subscribe(std::move(tenant), std::move(callback));
  });
}

}  // namespace

grpc::ServerWriteReactor<v1::WatchTokensResponse>* StartTokenStream(
    TokenEvents& events, const v1::WatchTokensRequest& request) {
  if (request.tenant() == kAllTenants) return Stream(events, "");
  const absl::Status named = rpc::CheckId("tenant", request.tenant());
  if (!named.ok()) return RefuseTokenStream(named);
  return Stream(events, request.tenant());
}

grpc::ServerWriteReactor<v1::WatchTokensResponse>* RefuseTokenStream(
    const absl::Status& status) {
  return new rpc::RefusedStream<v1::WatchTokensResponse>(status);
}

}  // namespace u2fi::attestation
