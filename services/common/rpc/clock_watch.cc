#include "services/common/rpc/clock_watch.h"

#include <algorithm>
#include <utility>

#include "services/common/status/error.h"

namespace u2fi::rpc {
namespace {

// How far `time` is outside of the interval, with its sign.
absl::Duration Outside(absl::Time time, absl::Time begin, absl::Time end) {
  if (time < begin) return time - begin;
  return std::max(absl::ZeroDuration(), time - end);
}

}  // namespace

ClockWatch::ClockWatch(SharedClock shared, const Clock& clock,
                       metrics::Registry& registry)
    : shared_(std::move(shared)),
      clock_(clock),
      skew_(registry
                .Gauges({"u2fi_clock_skew_seconds",
                         "How far the store's clock is ahead of this one.",
                         {},
                         {}})
                .At({})) {}

void ClockWatch::Look() {
  const absl::Time before = clock_.Now();
  const absl::StatusOr<absl::Time> shared = shared_();
  if (!shared.ok()) return;
  // It was read at some moment of the call.
  const absl::Duration skew = Outside(*shared, before, clock_.Now());
  skew_.Set(absl::ToDoubleSeconds(skew));
  wrong_by_ = absl::AbsDuration(skew) > kMaxSkew ? skew : absl::ZeroDuration();
}

absl::Status ClockWatch::Check() const {
  if (wrong_by_ == absl::ZeroDuration()) return absl::OkStatus();
  return Error(reason::kClockSkew,
               "the store's clock is another by more than 2 s: set this one "
               "right, or that",
               {{"store_ahead", absl::FormatDuration(wrong_by_)}});
}

}  // namespace u2fi::rpc
