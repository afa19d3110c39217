#ifndef U2FI_TOOLS_DEVICE_EMULATOR_FAKE_AGENT_H_
#define U2FI_TOOLS_DEVICE_EMULATOR_FAKE_AGENT_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "services/common/proof/fake_site.h"
#include "services/common/proof/pin_set.h"
#include "u2fi/device/v1/device.pb.h"

namespace u2fi::device {

// Makes what the agent at gw-1 of FakeSite would send to its device lock-1,
// owned by alice, with real signatures. All results are ToDevice bytes.
class FakeAgent {
 public:
  FakeAgent();

  // The genesis set: alice's key, gw-1, device.identify FREE, lock.lock
  // FORBIDDEN, settings.set TOUCH_UV, everything else one touch by alice.
  const proof::PinSet& genesis() const { return genesis_; }

  // The exact bytes of a command for lock-1, and of a proof for it by one
  // touch of alice.
  std::string CommandBytes(absl::string_view operation, uint64_t sequence,
                           absl::string_view arguments = "{}") const;
  std::string ProofBytes(
      const std::string& command,
      proof::v1::Purpose purpose = proof::v1::PURPOSE_COMMAND);

  std::string Command(const std::string& command, const std::string& proof);
  // A touched command; sequence numbers begin at 2, since genesis has 1.
  std::string Touched(absl::string_view operation, uint64_t sequence,
                      absl::string_view arguments = "{}");
  std::string Stage(const std::string& tx = "tx-1",
                    uint32_t fail_safe_ms = 60'000) const;
  std::string StageOf(const proof::v1::PinSet& pins) const;
  std::string Commit(const std::string& tx = "tx-1",
                     const std::string& jwt = "");
  std::string Rollback(const std::string& tx = "tx-1") const;
  std::string Update(const proof::v1::PinSet& next, uint64_t sequence);
  std::string Release(uint64_t sequence);
  std::string Status(uint64_t sequence) const;
  std::string Token(const std::string& jwt) const;
  // An access token for lock-1 that nobody signed, from `issued_s` on.
  std::string Jwt(uint64_t issued_s, uint64_t life_s,
                  const std::string& device = "lock-1") const;

  proof::FakeSite site;

 private:
  std::string GenesisCommand() const;

  const proof::PinSet genesis_;
};

}  // namespace u2fi::device

#endif  // U2FI_TOOLS_DEVICE_EMULATOR_FAKE_AGENT_H_
