// A token whose hosts say whatever they like. The input is a list of steps, one
// byte each: a report (64 bytes follow), time passing, an answer to a held
// request, a reset. What the token sends must always be whole messages.
#include <cstdint>
#include <cstdlib>
#include <cstring>

#include "services/common/time/fake_clock.h"
#include "services/common/u2fhid/assembler.h"
#include "services/common/u2fhid/hid_device.h"

namespace u2fi::u2fhid {
namespace {

// Holds an APDU or a CTAP2 command if its first byte is odd, and echoes it
// otherwise.
class Handler : public HidHandler {
 public:
  absl::optional<std::string> OnMsg(absl::string_view apdu) override {
    if (apdu.empty()) std::abort();
    if (held_) std::abort();
    held_ = (apdu[0] & 1) != 0;
    if (held_) return absl::nullopt;
    return std::string(apdu);
  }
  absl::optional<std::string> OnCbor(absl::string_view request) override {
    return OnMsg(request);
  }
  void OnAbort() override { held_ = false; }
  void OnWink() override {}
  void Answered() { held_ = false; }

 private:
  bool held_ = false;
};

class Session {
 public:
  void Step(absl::string_view* input) {
    const uint8_t step = (*input)[0];
    input->remove_prefix(1);
    if (step % 4 == 0) TakeReport(input);
    if (step % 4 == 1) clock_.Advance(absl::Milliseconds(step));
    if (step % 4 == 2) Complete(step);
    if (step == 255) device_.Reset();
    device_.OnTick();
    CheckReports();
  }

 private:
  void TakeReport(absl::string_view* input) {
    Report report{};
    const size_t size = std::min(input->size(), kReportSize);
    std::memcpy(report.data(), input->data(), size);
    input->remove_prefix(size);
    device_.OnReport(report);
  }
  void Complete(uint8_t step) {
    handler_.Answered();
    device_.Complete(std::string(size_t{step} * 40, 'r'));
  }
  void CheckReports() {
    Assembler assembler;
    for (const Report& report : device_.TakeReports()) {
      if (assembler.Add(ParseFrame(report)) != HidError::kNone) std::abort();
      if (assembler.complete()) assembler = Assembler();
    }
    if (assembler.started()) std::abort();
  }

  FakeClock clock_;
  Handler handler_;
  HidDevice device_{
      clock_, handler_, {2, 1, 0, 0, kCapabilityWink | kCapabilityCbor}};
};

}  // namespace
}  // namespace u2fi::u2fhid

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  absl::string_view input(reinterpret_cast<const char*>(data), size);
  u2fi::u2fhid::Session session;
  while (!input.empty()) session.Step(&input);
  return 0;
}
