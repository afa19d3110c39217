#ifndef U2FI_TOOLS_U2FI_RECOVERIES_H_
#define U2FI_TOOLS_U2FI_RECOVERIES_H_

#include <string>

#include "absl/status/status.h"
#include "services/common/random/random_source.h"
#include "tools/u2fi/mesh.h"
#include "tools/u2fi/output.h"

namespace u2fi::cli {

// Recoveries of accounts whose only key is lost: two operators let a new one
// in after a waiting time, and the account's own clients can stop it. Each
// method shows the recovery as it is afterwards.
class Recoveries {
 public:
  // All must outlive this object.
  Recoveries(Mesh& mesh, RandomSource& random, Output& output)
      : mesh_(mesh), random_(random), output_(output) {}

  // `reason` goes to the audit and to the account. Empty `request_id`: a new
  // one; an error that leaves it unclear names it in its metadata.
  absl::Status Start(const std::string& account, const std::string& reason,
                     const std::string& request_id);
  // `recovery` with or without "recoveries/".
  absl::Status Approve(const std::string& recovery);
  absl::Status Cancel(const std::string& recovery);

  // One line each, newest first, of one account or (empty) of all.
  absl::Status List(const std::string& account);

 private:
  Mesh& mesh_;
  RandomSource& random_;
  Output& output_;
};

}  // namespace u2fi::cli

#endif  // U2FI_TOOLS_U2FI_RECOVERIES_H_
