#ifndef U2FI_SERVICES_COMMON_U2FHID_LOOP_TRANSPORT_H_
#define U2FI_SERVICES_COMMON_U2FHID_LOOP_TRANSPORT_H_

#include <algorithm>
#include <deque>

#include "services/common/status/error.h"
#include "services/common/time/fake_clock.h"
#include "services/common/u2fhid/hid_endpoint.h"
#include "services/common/u2fhid/transport.h"

namespace u2fi::u2fhid {

// Connects a host with a token in the same thread of the same process.
// Simplification: while the host waits, the fake clock jumps to whatever comes
// first, the token's next tick or the end of the wait.
class LoopTransport : public Transport {
 public:
  // `clock` and `token` must outlive this object.
  LoopTransport(FakeClock& clock, HidEndpoint& token)
      : clock_(clock), token_(token) {}

  absl::Status Send(const Report& report, absl::Duration) override {
    if (removed_) return Error(reason::kTokenRemoved, "unplugged");
    token_.OnReport(report);
    return absl::OkStatus();
  }

  absl::StatusOr<Report> Receive(absl::Duration deadline) override {
    while (!removed_) {
      for (const Report& report : token_.TakeReports()) {
        incoming_.push_back(report);
      }
      if (!incoming_.empty()) {
        const Report report = incoming_.front();
        incoming_.pop_front();
        return report;
      }
      if (clock_.Uptime() >= deadline) {
        return Error(reason::kTokenTimeout, "nothing came");
      }
      const absl::Duration next =
          std::min(deadline, token_.NextTick().value_or(deadline));
      clock_.Advance(std::max(next - clock_.Uptime(), absl::ZeroDuration()));
      token_.OnTick();
    }
    return Error(reason::kTokenRemoved, "unplugged");
  }

  // From now on the token is gone.
  void Remove() { removed_ = true; }

 private:
  FakeClock& clock_;
  HidEndpoint& token_;
  std::deque<Report> incoming_;
  bool removed_ = false;
};

}  // namespace u2fi::u2fhid

#endif  // U2FI_SERVICES_COMMON_U2FHID_LOOP_TRANSPORT_H_
