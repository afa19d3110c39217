// The JSON that devices read: a plain device's commands (first byte p), the
// claims of access tokens (t) and link files (l).
#include <cstdint>
#include <cstdlib>
#include <string>

#include "services/common/mqtt/link_file.h"
#include "tools/device-emulator/access_token.h"
#include "tools/device-emulator/fake_console.h"
#include "tools/device-emulator/fake_device_storage.h"
#include "tools/device-emulator/plain_endpoint.h"

namespace u2fi::device {
namespace {

// Every command that is answered leaves whole lines in the journal.
void RunPlain(absl::string_view payload) {
  FakeDeviceStorage storage;
  FakeConsole console;
  PlainEndpoint endpoint("bulb-1", Appliance::Create("bulb").value(), storage,
                         console, nullptr);
  const size_t answers = endpoint.Receive(payload).size();
  if (ReadJournal(storage.journal()).size() > answers) std::abort();
}

void RunToken(absl::string_view jwt) {
  const auto claims = ReadClaims(jwt);
  if (claims.ok() && claims->issued_ms >= claims->expires_ms) std::abort();
}

void RunLink(absl::string_view text) {
  const auto settings = mqtt::ParseLinkFile(std::string(text));
  if (!settings.ok()) return;
  if (mqtt::BrokerOptionsOf(*settings).plaintext) std::abort();
}

void Run(absl::string_view input) {
  if (input.empty()) return;
  const absl::string_view rest = input.substr(1);
  if (input[0] == 'p') RunPlain(rest);
  if (input[0] == 't') RunToken(rest);
  if (input[0] == 'l') RunLink(rest);
}

}  // namespace
}  // namespace u2fi::device

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  u2fi::device::Run({reinterpret_cast<const char*>(data), size});
  return 0;
}
