// A host whose token says whatever it likes. The first byte picks the request
// and whether the token begins with an honest answer to INIT; the rest are its
// reports, 64 bytes each, the last one maybe shorter.
#include <cstdint>
#include <cstdlib>

#include "services/common/random/fake_random_source.h"
#include "services/common/u2fhid/fake_transport.h"
#include "services/common/u2fhid/frame.h"
#include "services/common/u2fhid/hid_host.h"

namespace u2fi::u2fhid {
namespace {

class Session {
 public:
  void Open(bool honest) {
    if (honest) {
      transport_.OnSend([this](const Report& report) { AnswerInit(report); });
    }
    host_.Open(Limit()).IgnoreError();
    transport_.OnSend({});
  }
  void Push(absl::string_view reports) {
    for (; !reports.empty();
         reports.remove_prefix(std::min(reports.size(), kReportSize))) {
      transport_.Push(reports.substr(0, kReportSize));
    }
  }
  void Ask(int request) {
    if (request == 0) host_.Wink(Limit()).IgnoreError();
    if (request == 1) host_.Ping("ping", Limit()).IgnoreError();
    const absl::StatusOr<std::string> answer =
        request == 2 ? host_.Cbor("\x04", Limit()) : host_.Msg("apdu", Limit());
    if (answer.ok() && answer->size() > kMaxMessage) std::abort();
  }

 private:
  WaitLimit Limit() { return {clock_.Uptime() + absl::Seconds(5), cancel_}; }
  void AnswerInit(const Report& report) {
    const absl::string_view nonce = ParseFrame(report).data.substr(0, 8);
    const auto answer =
        Fragment({kBroadcastChannel, Command::kInit,
                  std::string(nonce) + std::string("\0\0\0\7\2\1\0\0\1", 9)});
    transport_.Push(*answer);
  }

  FakeClock clock_;
  FakeRandomSource random_;
  CancelFlag cancel_;
  FakeTransport transport_{clock_};
  HidHost host_{transport_, clock_, random_, {}};
};

}  // namespace
}  // namespace u2fi::u2fhid

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const absl::string_view reports(reinterpret_cast<const char*>(data) + 1,
                                  size - 1);
  u2fi::u2fhid::Session session;
  const bool honest = (data[0] & 0x80) != 0;
  if (!honest) session.Push(reports);
  session.Open(honest);
  if (honest) session.Push(reports);
  session.Ask(data[0] % 3);
  session.Ask(data[0] % 3);
  return 0;
}
