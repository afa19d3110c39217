#include "tools/device-check/checker.h"

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_format.h"
#include "services/common/proof/command.h"
#include "services/common/proof/operations.h"
#include "services/common/proof/visible_text.h"
#include "services/common/status/error.h"
#include "services/common/status/status_macros.h"

namespace u2fi::device_check {
namespace {

constexpr char kAccepted[] = "ACCEPTED";
// U2FI_WINDOW_MAX_STEP of the device kit.
constexpr uint64_t kMaxStep = uint64_t{1} << 32;

std::string Word(const std::string& reason) {
  return reason.empty() ? kAccepted : reason;
}

uint64_t SequenceIn(const CheckCase& c) {
  const auto command = proof::ParseCommand(c.command);
  return command.ok() ? command->sequence() : 0;
}

bool IsReserved(const CheckCase& c) {
  const auto command = proof::ParseCommand(c.command);
  return command.ok() && proof::IsReserved(command->operation());
}

}  // namespace

Checker::Checker(DeviceTalk& talk, const Clock& clock, std::ostream& out,
                 Options options)
    : talk_(talk), clock_(clock), out_(out), options_(std::move(options)) {}

absl::StatusOr<Checker::Counts> Checker::Run() {
  ASSIGN_OR_RETURN(const device::v1::Hello hello, talk_.AskHello());
  sequence_ = hello.sequence_high() + 1;
  for (const CaseMaker& maker : AllMakers()) {
    if (IsWanted(maker.name)) RETURN_IF_ERROR(RunMaker(maker));
  }
  RETURN_IF_ERROR(RunReplay());
  return counts_;
}

bool Checker::IsWanted(const std::string& name) const {
  return absl::StrContains(name, options_.filter);
}

Moment Checker::Now() const {
  return {static_cast<uint64_t>(UnixMillis(clock_)), sequence_};
}

absl::Status Checker::RunMaker(const CaseMaker& maker) {
  const absl::optional<CheckCase> probe = MakeCase(maker, Now());
  if (!probe.has_value()) {
    counts_.skipped.push_back(maker.name);
    return absl::OkStatus();
  }
  RETURN_IF_ERROR(Prepare(probe->pins));
  // Once more: the genesis took a number and some time.
  return RunOne(maker.name, *MakeCase(maker, Now()));
}

absl::Status Checker::RunOne(const std::string& name, const CheckCase& c) {
  ASSIGN_OR_RETURN(const std::string got, talk_.Play(c));
  const bool right = got == c.expected;
  ++(right ? counts_.right : counts_.wrong);
  out_ << absl::StrFormat("%-5s  %-40s expected %-22s got %s\n",
                          right ? "ok" : "WRONG", name, Word(c.expected),
                          proof::VisibleText(Word(got)));
  if (got.empty()) {
    sequence_ = std::max(sequence_, SequenceIn(c)) + 1;
    known_ = known_ && !IsReserved(c);
  } else {
    ++sequence_;
  }
  return absl::OkStatus();
}

absl::Status Checker::RunReplay() {
  constexpr char kFresh[] = "SequenceFresh";
  constexpr char kUsed[] = "SequenceUsed";
  constexpr char kTooFar[] = "SequenceTooFar";
  constexpr char kAfterReset[] = "SequenceAfterReset";
  if (!IsWanted(kFresh) && !IsWanted(kUsed) && !IsWanted(kTooFar) &&
      !IsWanted(kAfterReset)) {
    return absl::OkStatus();
  }
  const std::string pins = TouchedCase(options_.operation, Now(), 0).pins;
  RETURN_IF_ERROR(Prepare(pins));
  const uint64_t used = sequence_;
  RETURN_IF_ERROR(RunOne(kFresh, TouchedCase(options_.operation, Now(), 0)));
  RETURN_IF_ERROR(RunStale(kUsed, used, 1));
  // It forgets its owner, and not what it did.
  known_ = false;
  RETURN_IF_ERROR(Prepare(pins));
  RETURN_IF_ERROR(RunStale(kAfterReset, used, 2));
  return RunStale(kTooFar, sequence_ + kMaxStep, 3);
}

absl::Status Checker::RunStale(const std::string& name, uint64_t sequence,
                               int variant) {
  CheckCase stale =
      TouchedCase(options_.operation, {Now().now_ms, sequence}, variant);
  stale.expected = reason::kSequenceStale.name;
  return RunOne(name, stale);
}

absl::Status Checker::Prepare(const std::string& pins) {
  if (known_ && pins_ == pins) return absl::OkStatus();
  known_ = false;
  RETURN_IF_ERROR(Reset());
  if (!pins.empty()) {
    const absl::optional<CheckCase> genesis = GenesisOf(pins, Now());
    ASSIGN_OR_RETURN(const std::string refused, talk_.Play(*genesis));
    if (!refused.empty()) {
      return Error(reason::kDeviceState,
                   "the device does not take a first pin set",
                   {{"cause", refused}});
    }
    ++sequence_;
  }
  known_ = true;
  pins_ = pins;
  return absl::OkStatus();
}

absl::Status Checker::Reset() {
  ASSIGN_OR_RETURN(device::v1::Hello hello, talk_.AskHello());
  if (hello.pins().state() == device::v1::BINDING_STATE_BLANK) {
    return absl::OkStatus();
  }
  RETURN_IF_ERROR(options_.reset());
  const absl::Duration end = clock_.Uptime() + options_.patience;
  while (clock_.Uptime() < end) {
    ASSIGN_OR_RETURN(hello, talk_.AskHello());
    if (hello.pins().state() == device::v1::BINDING_STATE_BLANK) {
      return absl::OkStatus();
    }
  }
  return Error(reason::kDeviceState, "the device is not blank after a reset");
}

}  // namespace u2fi::device_check
