#include "services/common/rpc/grpc_log.h"

#include "absl/strings/match.h"
#include "absl/strings/string_view.h"
#include "grpc/support/log.h"
#include "services/common/logging/logging.h"

namespace u2fi::rpc {
namespace {

// Said of every connection whose client names a host that is not in our
// certificate. Host names play no part here: clients look at the URI.
constexpr absl::string_view kHostName = "No match found for server name";

void Log(gpr_log_func_args* args) {
  if (absl::StartsWith(args->message, kHostName)) return;
  const logging::Severity severity = args->severity == GPR_LOG_SEVERITY_ERROR
                                         ? logging::Severity::kWarning
                                         : logging::Severity::kDebug;
  logging::Log(
      severity, "grpc",
      {{"text", args->message}, {"file", args->file}, {"line", args->line}});
}

}  // namespace

void SendGrpcLogToOurs() { gpr_set_log_function(Log); }

}  // namespace u2fi::rpc
