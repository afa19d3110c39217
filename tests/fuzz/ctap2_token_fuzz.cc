// A software key with a PIN that is asked anything over CTAP2: it answers with
// a status, and with CBOR that can be read exactly if the status is 0.
#include <cstdlib>

#include "services/common/fido/cbor.h"
#include "services/common/random/fake_random_source.h"
#include "services/common/time/fake_clock.h"
#include "tools/soft-token/ctap2_token.h"
#include "tools/soft-token/fake_counter_store.h"
#include "tools/soft-token/fake_pin_store.h"

namespace u2fi::soft_token {
namespace {

void CheckAnswer(absl::string_view request) {
  static FakeClock* const clock = new FakeClock;
  static FakeRandomSource* const random = new FakeRandomSource;
  static const auto* const identity =
      new TokenIdentity(NewIdentity(*clock, *random));
  FakeCounterStore counter;
  TouchSensor touch(*clock, TouchMode::kAuto);
  FakePinStore store;
  ClientPin pin(store, *random, *clock);
  if (!pin.SetFirst("1234").ok()) std::abort();
  Ctap2Token token({*identity, counter, *random, touch, pin}, {true, false});
  const std::string response = token.Handle(request).response;
  if (response.empty()) std::abort();
  const absl::string_view cbor = absl::string_view(response).substr(1);
  const bool answered = response[0] == 0;
  if (answered ? !fido::ParseCbor(cbor).ok() : !cbor.empty()) std::abort();
}

}  // namespace
}  // namespace u2fi::soft_token

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  u2fi::soft_token::CheckAnswer(
      absl::string_view(reinterpret_cast<const char*>(data), size));
  return 0;
}
