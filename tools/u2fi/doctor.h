#ifndef U2FI_TOOLS_U2FI_DOCTOR_H_
#define U2FI_TOOLS_U2FI_DOCTOR_H_

#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "services/common/time/clock.h"
#include "tools/u2fi/mesh.h"
#include "tools/u2fi/output.h"

namespace u2fi::cli {

// Looks at what a command needs beyond a certificate that is good, from here to
// the gateways, one line a check, and says what to do about what is missing.
// Changes nothing.
class Doctor {
 public:
  // All must outlive this object. `account` may be empty for an operator.
  Doctor(Mesh& mesh, const Clock& clock, std::string account, Output& output)
      : mesh_(mesh),
        clock_(clock),
        account_(std::move(account)),
        output_(output) {}

  // All checks run, whatever the ones before said. The error of the first that
  // failed.
  absl::Status Run();

 private:
  // What is well, for people; an error says what is not.
  using Finding = absl::StatusOr<std::string>;

  Finding Certificate();
  Finding Gate();
  Finding Gateways();
  Finding Account();
  Finding Keys();
  Finding Devices();

  Mesh& mesh_;
  const Clock& clock_;
  const std::string account_;
  Output& output_;
};

}  // namespace u2fi::cli

#endif  // U2FI_TOOLS_U2FI_DOCTOR_H_
