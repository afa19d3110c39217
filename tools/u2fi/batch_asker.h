#ifndef U2FI_TOOLS_U2FI_BATCH_ASKER_H_
#define U2FI_TOOLS_U2FI_BATCH_ASKER_H_

#include <string>

#include "absl/status/status.h"
#include "services/common/random/random_source.h"
#include "tools/u2fi/asker.h"
#include "tools/u2fi/mesh.h"
#include "tools/u2fi/output.h"

namespace u2fi::cli {

// Asks the gate for the same operation on several devices, which one touch
// covers, and follows all of them to their ends.
class BatchAsker {
 public:
  // All must outlive this object.
  BatchAsker(Mesh& mesh, RandomSource& random, Output& output)
      : mesh_(mesh), random_(random), output_(output) {}

  // As Asker::Run(), for `ask.device` and `ask.also`. OK only if every command
  // SUCCEEDED; otherwise an error with the reason of the approval, or with the
  // state of those that did not, and how many.
  absl::Status Run(const Ask& ask);

  // Follows a batch that was asked for before, `batches/…`, to its end.
  absl::Status Wait(const std::string& name);

 private:
  absl::Status Follow(const gate::BatchRecord& present);

  Mesh& mesh_;
  RandomSource& random_;
  Output& output_;
};

// OK if all SUCCEEDED.
absl::Status OutcomeOf(const gate::BatchRecord& batch);

// Whether every command has ended.
bool AllFinal(const gate::BatchRecord& batch);

// "batches/{batch}".
bool IsBatchName(absl::string_view name);

}  // namespace u2fi::cli

#endif  // U2FI_TOOLS_U2FI_BATCH_ASKER_H_
