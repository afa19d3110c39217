#include "services/common/rpc/grpc_log.h"

#include "grpc/support/log.h"
#include "services/common/logging/logging.h"

namespace u2fi::rpc {
namespace {

void Log(gpr_log_func_args* args) {
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
