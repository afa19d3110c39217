// The command line of U2Fi: see program.h.
#include <iostream>
#include <memory>

#include "google/protobuf/stubs/logging.h"
#include "services/common/config/program.h"
#include "services/common/logging/logging.h"
#include "services/common/random/system_random.h"
#include "services/common/status/status_macros.h"
#include "tools/u2fi/grpc_mesh_client.h"
#include "tools/u2fi/program.h"
#include "tools/u2fi/standard_streams.h"

int main(int argc, char** argv) {
  using u2fi::cli::GrpcMeshClient;
  u2fi::cli::FillClosedStreams();
  // Errors are one line, of u2fi's own.
  google::protobuf::SetLogHandler(nullptr);
  u2fi::logging::SetLevel(u2fi::logging::Severity::kError);
  std::unique_ptr<GrpcMeshClient> client;
  const auto connect = [&client](const u2fi::cli::Settings& settings)
      -> absl::StatusOr<u2fi::cli::Mesh*> {
    ASSIGN_OR_RETURN(client, GrpcMeshClient::Create(settings));
    return client.get();
  };
  const int code = u2fi::cli::RunCommandLine(
      argc, argv,
      {std::cin, std::cout, std::cerr, u2fi::SystemRandom(), connect});
  client.reset();
  u2fi::config::EndProcess(code);
}
