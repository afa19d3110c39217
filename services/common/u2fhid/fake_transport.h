#ifndef U2FI_SERVICES_COMMON_U2FHID_FAKE_TRANSPORT_H_
#define U2FI_SERVICES_COMMON_U2FHID_FAKE_TRANSPORT_H_

#include <deque>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "services/common/status/error.h"
#include "services/common/time/fake_clock.h"
#include "services/common/u2fhid/transport.h"

namespace u2fi::u2fhid {

// A wire whose other end the test writes by hand. Simplification: sending never
// blocks, and a wait without a report moves the clock to its deadline at once.
class FakeTransport : public Transport {
 public:
  explicit FakeTransport(FakeClock& clock) : clock_(clock) {}

  absl::Status Send(const Report& report, absl::Duration) override {
    if (removed_) return Error(reason::kTokenRemoved, "unplugged");
    sent_.push_back(report);
    if (on_send_) on_send_(report);
    return absl::OkStatus();
  }

  absl::StatusOr<Report> Receive(absl::Duration deadline) override {
    if (removed_) return Error(reason::kTokenRemoved, "unplugged");
    if (!incoming_.empty()) {
      const std::string bytes = std::move(incoming_.front());
      incoming_.pop_front();
      return ReportFromBytes(bytes);
    }
    if (deadline > clock_.Uptime()) clock_.Advance(deadline - clock_.Uptime());
    if (on_wait_) on_wait_();
    return Error(reason::kTokenTimeout, "nothing came");
  }

  // What the host will receive next, of any length.
  void Push(absl::string_view bytes) { incoming_.emplace_back(bytes); }
  void Push(const Report& report) { Push(BytesOf(report)); }
  void Push(const std::vector<Report>& reports) {
    for (const Report& report : reports) Push(report);
  }

  // From now on the token is gone.
  void Remove() { removed_ = true; }

  // Called at each Send(), after the report was noted.
  void OnSend(std::function<void(const Report&)> action) {
    on_send_ = std::move(action);
  }
  // Called whenever a wait ended without a report.
  void OnWait(std::function<void()> action) { on_wait_ = std::move(action); }

  // Everything the host sent.
  const std::vector<Report>& sent() const { return sent_; }

 private:
  FakeClock& clock_;
  std::deque<std::string> incoming_;
  std::vector<Report> sent_;
  std::function<void(const Report&)> on_send_;
  std::function<void()> on_wait_;
  bool removed_ = false;
};

}  // namespace u2fi::u2fhid

#endif  // U2FI_SERVICES_COMMON_U2FHID_FAKE_TRANSPORT_H_
