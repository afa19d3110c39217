#ifndef U2FI_TESTS_E2E_CHAOS_VERDICT_H_
#define U2FI_TESTS_E2E_CHAOS_VERDICT_H_

#include <map>
#include <set>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "services/common/audit/verify_export.h"
#include "tests/e2e/chaos/steady_stream.h"
#include "tests/e2e/process_site.h"

namespace u2fi::e2e {

// What became of the commands that were acknowledged.
struct Ends {
  // By id.
  std::map<std::string, command_gate::v1::CommandState> states;
  // Those that the mesh does not know, and those that have not ended.
  std::vector<SteadyStream::Acknowledged> lost;
  std::vector<SteadyStream::Acknowledged> open;

  int Count(command_gate::v1::CommandState state) const;
};

// Asks the gates until every command has ended, at most until `end`.
Ends EndsOf(ProcessSite& site, int gates,
            const std::vector<SteadyStream::Acknowledged>& commands,
            absl::Time end);

// What the audit of all services says, verified offline.
struct AuditVerdict {
  audit::ExportReport report;
  // Ids of commands for which a row shows a proof that verifies, or that the
  // device's pin set lets run without a touch.
  std::set<std::string> allowed;
};
absl::StatusOr<AuditVerdict> VerifyAudit(ProcessSite& site);

}  // namespace u2fi::e2e

#endif  // U2FI_TESTS_E2E_CHAOS_VERDICT_H_
