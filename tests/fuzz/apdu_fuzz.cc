// Command and response APDUs from anywhere: what is parsed encodes to the same
// thing again, and the soft token answers every command with a status word.
#include <cstdint>
#include <cstdlib>

#include "services/common/random/fake_random_source.h"
#include "services/common/time/fake_clock.h"
#include "services/common/u2fhid/apdu.h"
#include "services/common/u2fhid/u2f_message.h"
#include "tools/soft-token/fake_counter_store.h"
#include "tools/soft-token/u2f_token.h"

namespace u2fi::u2fhid {
namespace {

void Check(bool holds) {
  if (!holds) std::abort();
}

void CheckCommand(absl::string_view input) {
  const absl::StatusOr<CommandApdu> command = ParseCommand(input);
  if (!command.ok()) return;
  const auto bytes = EncodeCommand(*command, ApduEncoding::kExtended);
  Check(bytes.ok());
  const absl::StatusOr<CommandApdu> again = ParseCommand(*bytes);
  Check(again.ok() && again->data == command->data &&
        again->max_response == command->max_response &&
        again->p1 == command->p1);
  const auto registration = ToRegisterRequest(*command);
  if (registration.ok()) {
    Check(ToCommand(*registration)->data == command->data);
  }
  const auto authentication = ToAuthenticateRequest(*command);
  if (authentication.ok()) {
    Check(ToCommand(*authentication)->data == command->data);
  }
}

void CheckResponse(absl::string_view input) {
  const absl::StatusOr<ResponseApdu> response = ParseResponse(input);
  if (response.ok()) Check(EncodeResponse(*response) == input);
}

void CheckToken(absl::string_view input) {
  static FakeClock* const clock = new FakeClock;
  static FakeRandomSource* const random = new FakeRandomSource;
  static const auto* const identity =
      new soft_token::TokenIdentity(soft_token::NewIdentity(*clock, *random));
  soft_token::FakeCounterStore counter;
  soft_token::TouchSensor touch(*clock, soft_token::TouchMode::kAuto);
  soft_token::U2fToken token(*identity, counter, *random, touch);
  Check(ParseResponse(token.Handle(input).response).ok());
}

}  // namespace
}  // namespace u2fi::u2fhid

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const absl::string_view input(reinterpret_cast<const char*>(data), size);
  u2fi::u2fhid::CheckCommand(input);
  u2fi::u2fhid::CheckResponse(input);
  u2fi::u2fhid::CheckToken(input);
  return 0;
}
