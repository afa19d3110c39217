#include "tests/e2e/chaos/verdict.h"

#include <filesystem>
#include <sstream>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "absl/time/clock.h"
#include "services/common/status/error.h"
#include "services/common/status/reasons.h"
#include "services/common/status/status_macros.h"
#include "services/common/time/clock.h"
#include "tests/e2e/site_call.h"
#include "tools/u2fi/audit_export.h"
#include "tools/u2fi/grpc_mesh_client.h"
#include "u2fi/proof/v1/command.pb.h"

namespace u2fi::e2e {
namespace {

using command_gate::v1::CommandGate;
using command_gate::v1::CommandRecord;

std::string IdOf(const std::string& name) {
  return std::string(absl::StripPrefix(name, "commands/"));
}

absl::StatusOr<CommandRecord> Get(ProcessSite& site, int gate,
                                  const std::string& name) {
  command_gate::v1::GetCommandRequest request;
  request.set_name(name);
  command_gate::v1::GetCommandResponse response;
  RETURN_IF_ERROR(Call(site.gate(gate), &CommandGate::Stub::GetCommand, request,
                       response, absl::Seconds(5)));
  return response.command();
}

// A folder as the operators' programs want it.
std::string IdentityFolder(const ProcessSite& site) {
  const rpc::TlsFiles files = site.ca().Files("operator/t1/olga");
  std::string folder = site.ca().folder() + "/olga";
  if (!std::filesystem::create_directory(folder)) return folder;
  std::filesystem::create_symlink(files.certificate, folder + "/tls.crt");
  std::filesystem::create_symlink(files.key, folder + "/tls.key");
  std::filesystem::create_symlink(files.roots, folder + "/ca.crt");
  return folder;
}

}  // namespace

int Ends::Count(command_gate::v1::CommandState state) const {
  int count = 0;
  for (const auto& [id, one] : states) count += one == state ? 1 : 0;
  return count;
}

Ends EndsOf(ProcessSite& site, int gates,
            const std::vector<SteadyStream::Acknowledged>& commands,
            absl::Time end) {
  Ends ends;
  for (const SteadyStream::Acknowledged& command : commands) {
    absl::StatusOr<CommandRecord> record;
    for (int gate = 0;; gate = (gate + 1) % gates) {
      record = Get(site, gate, command.name);
      const bool known = record.ok() || ReasonOf(record.status()) ==
                                            reason::kResourceUnknown.name;
      if (known && (!record.ok() || record->has_end_time())) break;
      if (SystemClock().Now() > end) break;
      absl::SleepFor(absl::Milliseconds(100));
    }
    if (!record.ok()) {
      ends.lost.push_back(command);
    } else if (!record->has_end_time()) {
      ends.open.push_back(command);
    } else {
      ends.states[IdOf(command.name)] = record->state();
    }
  }
  return ends;
}

absl::StatusOr<AuditVerdict> VerifyAudit(ProcessSite& site) {
  cli::Settings settings;
  settings.gate = site.AddressOf("command-gate");
  settings.registry = site.AddressOf("device-registry");
  settings.attestation = site.AddressOf("attestation");
  settings.challenge = site.AddressOf("challenge");
  settings.identity = IdentityFolder(site);
  settings.trust_domain = "test";
  ASSIGN_OR_RETURN(const std::unique_ptr<cli::GrpcMeshClient> mesh,
                   cli::GrpcMeshClient::Create(settings));
  std::stringstream file;
  RETURN_IF_ERROR(cli::ExportAudit(*mesh, file));
  AuditVerdict verdict;
  audit::VerifyExportOptions options;
  options.complete = true;
  options.on_row = [&](const audit::RowFinding& finding) {
    proof::v1::Command command;
    const audit::Finding found = finding.evidence.finding;
    if ((found == audit::Finding::kVerified ||
         found == audit::Finding::kFree) &&
        command.ParseFromString(finding.row->body.command())) {
      verdict.allowed.insert(command.command_id());
    }
  };
  verdict.report = audit::VerifyExport(file, audit::Anchors(), options);
  return verdict;
}

}  // namespace u2fi::e2e
