#ifndef U2FI_TOOLS_DEVICE_CHECK_CHECKER_H_
#define U2FI_TOOLS_DEVICE_CHECK_CHECKER_H_

#include <functional>
#include <ostream>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "services/common/time/clock.h"
#include "tools/device-check/device_talk.h"

namespace u2fi::device_check {

// Plays every case to the device, and says what it expected and what it got.
class Checker {
 public:
  struct Options {
    // Makes the device blank, as a person at the device does.
    std::function<absl::Status()> reset;
    // An operation that the device has and that takes no arguments; one touch
    // by the owner lets it pass.
    std::string operation = "device.identify";
    // Only cases whose names contain this.
    std::string filter = {};
    // How long a reset may take.
    absl::Duration patience = absl::Seconds(60);
  };
  struct Counts {
    int right = 0;
    int wrong = 0;
    std::vector<std::string> skipped;
  };

  // The references must outlive this object.
  Checker(DeviceTalk& talk, const Clock& clock, std::ostream& out,
          Options options);

  // One line a case. An error if the device does not answer, or cannot be given
  // the pin set that a case needs.
  absl::StatusOr<Counts> Run();

 private:
  Moment Now() const;
  absl::Status RunMaker(const CaseMaker& maker);
  absl::Status RunOne(const std::string& name, const CheckCase& c);
  // A sequence number acts once: the second command with it is refused, after
  // a reset as well; and none uses all numbers up.
  absl::Status RunReplay();
  // A command with a number that must be refused; `variant` as in
  // TouchedCase().
  absl::Status RunStale(const std::string& name, uint64_t sequence,
                        int variant);
  // The device has exactly these pins (or none).
  absl::Status Prepare(const std::string& pins);
  absl::Status Reset();
  bool IsWanted(const std::string& name) const;

  DeviceTalk& talk_;
  const Clock& clock_;
  std::ostream& out_;
  const Options options_;
  uint64_t sequence_ = 1;
  // What the device has; unknown: it changed, or nobody looked.
  bool known_ = false;
  std::string pins_;
  Counts counts_;
};

}  // namespace u2fi::device_check

#endif  // U2FI_TOOLS_DEVICE_CHECK_CHECKER_H_
