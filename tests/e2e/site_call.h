#ifndef U2FI_TESTS_E2E_SITE_CALL_H_
#define U2FI_TESTS_E2E_SITE_CALL_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "grpcpp/grpcpp.h"
#include "services/common/rpc/channel.h"
#include "services/common/rpc/grpc_status.h"

namespace u2fi::e2e {

// The ids of what belongs to a gateway of a ProcessSite.
inline std::string Site(int gateway) { return absl::StrCat("s", gateway); }
inline std::string Gateway(int gateway) { return absl::StrCat("g", gateway); }
inline std::string Account(int gateway) { return absl::StrCat("a", gateway); }
inline std::string Camera(int gateway) { return absl::StrCat("cam-", gateway); }

// Of a site with `count` cameras at each gateway.
inline std::vector<std::string> Cameras(int gateway, int count) {
  std::vector<std::string> cameras = {Camera(gateway)};
  for (int i = 1; i < count; ++i) {
    cameras.push_back(absl::StrCat(Camera(gateway), "-", i));
  }
  return cameras;
}

// Calls one method of a stub, with a deadline.
template <typename Stub, typename Request, typename Response>
absl::Status Call(Stub& stub,
                  grpc::Status (Stub::*method)(grpc::ClientContext*,
                                               const Request&, Response*),
                  const Request& request, Response& response,
                  absl::Duration timeout = absl::Seconds(10)) {
  grpc::ClientContext context;
  context.set_wait_for_ready(true);
  rpc::PrepareCall(context, timeout);
  return rpc::FromGrpcStatus((stub.*method)(&context, request, &response));
}

}  // namespace u2fi::e2e

#endif  // U2FI_TESTS_E2E_SITE_CALL_H_
