#ifndef U2FI_SERVICES_COMMON_AUDIT_VERIFY_EXPORT_H_
#define U2FI_SERVICES_COMMON_AUDIT_VERIFY_EXPORT_H_

#include <cstdint>
#include <functional>
#include <istream>
#include <string>
#include <vector>

#include "absl/types/optional.h"
#include "services/common/audit/anchors.h"
#include "services/common/audit/chain_verifier.h"
#include "services/common/audit/evidence_verifier.h"
#include "services/common/audit/row.h"

namespace u2fi::audit {

// The first record that is bad.
struct ExportFault {
  uint64_t line = 0;
  // "row 12 of command-gate/acme/<incarnation in base32>", "line" if the line
  // cannot be read.
  std::string record;
  // The rule that it breaks: a step of CheckRow(), ChainVerifier or
  // EvidenceVerifier; "line" if it cannot be read.
  std::string step;
  std::string why;
};

// One row that holds, for whoever lists them.
struct RowFinding {
  uint64_t line = 0;
  const ParsedRow* row = nullptr;
  Evidence evidence;
  // The anchor under which the row holds: that of its evidence, else that of
  // the key of a checkpoint that covers it. Empty: none, so the file vouches
  // for itself only.
  std::string anchor;
};

struct ExportReport {
  // Nothing after a fault was looked at, and the numbers below stop there.
  absl::optional<ExportFault> fault;
  std::vector<ChainSummary> chains;
  uint64_t rows = 0;
  uint64_t checkpoints = 0;
  // Rows by what their evidence shows.
  uint64_t verified = 0;
  uint64_t free = 0;
  uint64_t erased = 0;
  uint64_t unverifiable = 0;
  // Rows that hold under an anchor; rows that no checkpoint covers.
  uint64_t anchored = 0;
  uint64_t uncovered = 0;
};

struct VerifyExportOptions {
  // The file claims to hold everything of its writers from the beginning.
  bool complete = false;
  // Of the deployment, if known.
  std::string rp_id_hash;
  // Called for every row that holds, in the order of the file, if there is no
  // fault in the chains.
  std::function<void(const RowFinding&)> on_row;
};

// Verifies an export offline: form, chains, checkpoints, and every touch from
// its raw bytes. `file` must be seekable: it is read twice.
ExportReport VerifyExport(std::istream& file, const Anchors& anchors,
                          VerifyExportOptions options = {});

}  // namespace u2fi::audit

#endif  // U2FI_SERVICES_COMMON_AUDIT_VERIFY_EXPORT_H_
