// A compromised cloud: see README.md.
#include <iostream>

#include "CLI/CLI.hpp"
#include "absl/strings/str_cat.h"
#include "google/protobuf/util/json_util.h"
#include "nlohmann/json.hpp"
#include "services/common/file/file.h"
#include "services/common/random/system_random.h"
#include "services/common/rpc/server.h"
#include "services/common/status/error.h"
#include "services/common/status/status_macros.h"
#include "tools/rogue-cloud/forger.h"
#include "tools/rogue-cloud/rogue_link_server.h"

namespace u2fi::rogue_cloud {
namespace {

constexpr size_t kMaxRecord = 1 << 20;

struct Flags {
  std::string listen;
  std::string identity;
  std::string trust_domain = "u2fi.example";
  std::string recorded;
  int timeout_s = 60;
};

// One line of JSON an answer.
void Print(const Answer& answer) {
  const nlohmann::json line = {{"attack", answer.attack.name},
                               {"what", answer.attack.what},
                               {"command", answer.attack.command_id},
                               {"refused_reason", answer.refused_reason},
                               {"outcome", answer.outcome}};
  std::cout << line.dump(-1, ' ', true,
                         nlohmann::json::error_handler_t::replace)
            << std::endl;
}

absl::StatusOr<std::vector<Attack>> AttacksFrom(const std::string& file) {
  ASSIGN_OR_RETURN(const std::string text, ReadFile(file, kMaxRecord));
  command_gate::v1::CommandRecord recorded;
  if (!google::protobuf::util::JsonStringToMessage(text, &recorded).ok()) {
    return FieldError("--recorded",
                      "is not what `u2fi get --full --json` printed");
  }
  ASSIGN_OR_RETURN(Forger forger,
                   Forger::Create(recorded, SystemClock(), SystemRandom()));
  return forger.Attacks();
}

absl::StatusOr<std::unique_ptr<rpc::TlsIdentity>> IdentityFrom(
    const Flags& flags) {
  rpc::TlsFiles files;
  files.certificate = absl::StrCat(flags.identity, "/tls.crt");
  files.key = absl::StrCat(flags.identity, "/tls.key");
  files.roots = absl::StrCat(flags.identity, "/ca.crt");
  files.trust_domain = flags.trust_domain;
  return rpc::TlsIdentity::Load(files, SystemClock().Now());
}

absl::Status Run(const Flags& flags) {
  ASSIGN_OR_RETURN(std::vector<Attack> attacks, AttacksFrom(flags.recorded));
  ASSIGN_OR_RETURN(const std::unique_ptr<rpc::TlsIdentity> tls,
                   IdentityFrom(flags));
  RogueLinkServer link(std::move(attacks), SystemClock(), Print);
  rpc::ServiceList services;
  services.Add<gateway::v1::GatewayLink>(link);
  ASSIGN_OR_RETURN(const std::unique_ptr<rpc::Server> server,
                   rpc::Server::ListenMutualTls(services, rpc::ServerOptions(),
                                                *tls, flags.listen));
  const bool answered = link.WaitForAnswers(absl::Seconds(flags.timeout_s));
  server->Shutdown(absl::ZeroDuration());
  if (answered) return absl::OkStatus();
  return absl::DeadlineExceededError(
      "no gateway answered every attack in time; is it connected to us?");
}

}  // namespace
}  // namespace u2fi::rogue_cloud

// CLI11 and the JSON library throw at misuse by the program itself: it ends.
// NOLINTNEXTLINE(bugprone-exception-escape)
int main(int argc, char** argv) {
  CLI::App app(
      "Plays a compromised cloud with the gate's own certificate and every "
      "byte that it has seen: sends a gateway what only a key's touch may "
      "cause, and prints what comes back, one line of JSON an attack.",
      "rogue-cloud");
  app.footer(
      "Example:\n"
      "  u2fi get commands/ID --full --json > yesterday.json\n"
      "  rogue-cloud --listen 127.0.0.1:7443 --identity "
      "certs/service/command-gate --recorded yesterday.json");
  u2fi::rogue_cloud::Flags flags;
  app.add_option("--listen", flags.listen, "the gate's address, host:port")
      ->required();
  app.add_option("--identity", flags.identity,
                 "folder with the gate's tls.crt, tls.key and ca.crt")
      ->required();
  app.add_option("--trust-domain", flags.trust_domain, "of the deployment");
  app.add_option("--recorded", flags.recorded,
                 "an approved command, by `u2fi get --full --json`")
      ->required();
  app.add_option("--timeout", flags.timeout_s, "seconds for all of it");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  const absl::Status status = u2fi::rogue_cloud::Run(flags);
  if (status.ok()) return 0;
  std::cerr << "rogue-cloud: " << status.message() << "\n";
  return 1;
}
