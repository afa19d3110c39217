#include "services/common/rpc/call_guard.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "absl/strings/string_view.h"
#include "services/common/status/status_macros.h"

namespace u2fi::rpc {
namespace {

constexpr char kTraceparent[] = "traceparent";

absl::string_view TraceparentOf(const grpc::ServerContextBase& context) {
  const auto& metadata = context.client_metadata();
  const auto header = metadata.find(kTraceparent);
  if (header == metadata.end()) return "";
  return absl::string_view(header->second.data(), header->second.size());
}

}  // namespace

absl::StatusOr<Caller> CallGuard::Admit(const std::string& path,
                                        grpc_call* call) const {
  const std::shared_ptr<const grpc::AuthContext> connection =
      grpc::CreateAuthContext(call);
  return Admit(path, connection.get());
}

absl::StatusOr<Caller> CallGuard::Admit(
    const std::string& path, const grpc::AuthContext* connection) const {
  ASSIGN_OR_RETURN(Caller caller, options_.identity.Identify(connection));
  RETURN_IF_ERROR(allow_list_.Check(path, caller));
  return caller;
}

ServedCall CallGuard::Describe(const std::string& path, const Caller& caller,
                               const grpc::ServerContextBase& context,
                               bool stream) const {
  const absl::Duration longest =
      stream ? options_.max_stream_time : options_.max_call_time;
  const absl::Time deadline =
      std::min(absl::FromChrono(context.deadline()), clock_.Now() + longest);
  TraceContext trace = StartSpan(TraceparentOf(context), random_);
  logging::Context log{trace.trace_id, "", path, caller.uri()};
  return ServedCall{&context, caller, deadline, std::move(trace),
                    std::move(log)};
}

}  // namespace u2fi::rpc
