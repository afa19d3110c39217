#ifndef U2FI_SERVICES_COMMON_AUDIT_LOST_ROWS_H_
#define U2FI_SERVICES_COMMON_AUDIT_LOST_ROWS_H_

#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "services/common/audit/chain_writer.h"
#include "services/common/audit/row.h"
#include "services/common/sync/sync.h"

namespace u2fi::audit {

// Between the writers of a process, which hear that a new incarnation of the
// store had forgotten rows, and the thread that makes the state of these rows
// true again (decisions D5). At most as much as the writers' tails.
// Thread-safe.
class LostRows {
 public:
  using Filter = std::function<bool(const ParsedRow& row)>;
  using ByTenant = std::map<std::string, std::vector<ParsedRow>>;

  // Keeps the rows that `keep` wants.
  explicit LostRows(Filter keep) : keep_(std::move(keep)) {}

  // What `change` wrote again.
  void Note(absl::string_view tenant, const EpochChange& change);
  // Note() for TenantDeciders, which this object must outlive.
  std::function<void(absl::string_view, const EpochChange&)> Hook() {
    return [this](absl::string_view tenant, const EpochChange& change) {
      Note(tenant, change);
    };
  }

  // Makes the state of the rows of one tenant true again.
  using Work = std::function<absl::Status(const std::string& tenant,
                                          const std::vector<ParsedRow>& rows)>;

  // Gives what was noted since to `work`, a tenant at a time, in the order of
  // the chain. Rows of a tenant for which it fails come first next time. The
  // first error.
  absl::Status Apply(const Work& work);

 private:
  ByTenant Take();
  void PutBack(const std::string& tenant, std::vector<ParsedRow> rows);

  const Filter keep_;
  Mutex mutex_;
  ByTenant rows_ ABSL_GUARDED_BY(mutex_);
};

// The id in the first subject `<prefix><id>` of the row; empty if there is
// none.
std::string SubjectOf(const ParsedRow& row, absl::string_view prefix);

}  // namespace u2fi::audit

#endif  // U2FI_SERVICES_COMMON_AUDIT_LOST_ROWS_H_
