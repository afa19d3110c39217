// The command line of U2Fi: see program.h.
#include <iostream>

#include "services/common/logging/logging.h"
#include "services/common/random/system_random.h"
#include "services/common/status/status_macros.h"
#include "tools/u2fi/grpc_mesh_client.h"
#include "tools/u2fi/program.h"

namespace {

absl::StatusOr<std::unique_ptr<u2fi::cli::Mesh>> Connect(
    const u2fi::cli::Settings& settings) {
  ASSIGN_OR_RETURN(std::unique_ptr<u2fi::cli::Mesh> mesh,
                   u2fi::cli::GrpcMeshClient::Create(settings));
  return mesh;
}

}  // namespace

int main(int argc, char** argv) {
  u2fi::logging::SetLevel(u2fi::logging::Severity::kError);
  return u2fi::cli::RunCommandLine(
      argc, argv,
      {std::cin, std::cout, std::cerr, u2fi::SystemRandom(), Connect});
}
