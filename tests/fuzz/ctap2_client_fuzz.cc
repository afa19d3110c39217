// A key that answers CTAP2 with whatever it likes, through libfido2. The first
// byte picks the question; the rest are its answers, two bytes of length in
// front of each, the last one again and again.
#include <cstdlib>
#include <string>

#include "services/common/ctap2/ctap2_client.h"
#include "services/common/random/fake_random_source.h"
#include "services/common/time/fake_clock.h"
#include "services/common/u2fhid/hid_device.h"
#include "services/common/u2fhid/loop_transport.h"

namespace u2fi::ctap2 {
namespace {

class Key : public u2fhid::HidHandler {
 public:
  explicit Key(absl::string_view answers) : answers_(answers) {}

  absl::optional<std::string> OnMsg(absl::string_view) override { return ""; }
  absl::optional<std::string> OnCbor(absl::string_view) override {
    if (answers_.size() >= 2) {
      const size_t size = static_cast<uint8_t>(answers_[0]) << 8 |
                          static_cast<uint8_t>(answers_[1]);
      last_ = std::string(answers_.substr(2, size));
      answers_.remove_prefix(std::min(answers_.size(), size + 2));
    }
    return last_;
  }
  void OnAbort() override {}
  void OnWink() override {}

 private:
  absl::string_view answers_;
  std::string last_;
};

class Session {
 public:
  explicit Session(absl::string_view answers) : key_(answers) {
    if (!host_.Open(Limit()).ok()) std::abort();
  }
  void Ask(int question) {
    const std::string hash(32, 'h');
    if (question == 0) client_.Has("rp", "id", Limit()).IgnoreError();
    if (question == 1) {
      const auto signed_by = client_.Sign({"rp", hash, "id"}, Limit());
      if (signed_by.ok() && signed_by->signature.empty()) std::abort();
    }
    if (question == 3) client_.PinRetries(Limit()).status().IgnoreError();
    if (question == 4) {
      const Pin pin = *Pin::From("tulip-7");
      client_.Sign({"rp", hash, "id", true, &pin}, Limit())
          .status()
          .IgnoreError();
    }
    if (question != 2) return;
    const auto made = client_.Make({"rp", hash, "user"}, Limit());
    if (made.ok() && made->empty()) std::abort();
  }

 private:
  u2fhid::WaitLimit Limit() {
    return {clock_.Uptime() + absl::Seconds(2), cancel_};
  }

  FakeClock clock_;
  FakeRandomSource random_;
  Key key_;
  u2fhid::HidDevice device_{
      clock_, key_, {2, 1, 0, 0, u2fhid::kCapabilityCbor}};
  u2fhid::LoopTransport transport_{clock_, device_};
  u2fhid::HidHost host_{transport_, clock_, random_, {}};
  u2fhid::CancelFlag cancel_;
  Ctap2Client client_{host_,
                      clock_,
                      {absl::Milliseconds(200),
                       [this](absl::Duration pause, u2fhid::CancelFlag&) {
                         clock_.Advance(pause);
                       }}};
};

}  // namespace
}  // namespace u2fi::ctap2

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  u2fi::ctap2::Session session(
      absl::string_view(reinterpret_cast<const char*>(data) + 1, size - 1));
  session.Ask(data[0] % 5);
  session.Ask(data[0] % 5);
  return 0;
}
