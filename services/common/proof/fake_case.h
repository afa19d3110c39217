#ifndef U2FI_SERVICES_COMMON_PROOF_FAKE_CASE_H_
#define U2FI_SERVICES_COMMON_PROOF_FAKE_CASE_H_

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "absl/types/optional.h"
#include "services/common/proof/fake_site.h"
#include "services/common/proof/verify_proof.h"

namespace u2fi::proof {

// One valid case for a verifier, to be broken in one place: a command, its
// proof, and what the verifier believes. `site` and `pins` may be changed
// before Ask(); everything after it.
struct FakeCase {
  FakeCase() : pins(site.FirstPins()) {}

  // Makes the command bytes and has them approved.
  void Ask(absl::string_view operation, std::vector<FakeTouch> touches,
           v1::Purpose purpose = v1::PURPOSE_COMMAND);
  // The same for a command of one's own, or several.
  void AskFor(std::vector<std::string> commands, std::vector<FakeTouch> touches,
              v1::Purpose purpose = v1::PURPOSE_COMMAND, uint32_t index = 0);
  // `u2fi.pins` with `next` as arguments.
  void AskForPins(const v1::PinSet& next, std::vector<FakeTouch> touches,
                  v1::Purpose purpose);

  // The present set. PIN_SET_FORMAT shows in Verify().
  absl::StatusOr<PinSet> Present() const { return PinSet::Encode(pins); }
  // `pins` as the next revision.
  v1::PinSet Next() const { return FakeSite::Next(*Present()); }

  // Runs VerifyProof() on the parts as they are now, as messages and as bytes;
  // both must say the same.
  absl::StatusOr<VerifiedCommand> Verify() const;

  FakeTouch Alice() { return {&site.alice, &site.gw1}; }
  FakeTouch Bob() { return {&site.bob, &site.gw1}; }
  FakeTouch Carol() { return {&site.carol, &site.gw1}; }
  FakeTouch Dave() { return {&site.dave, &site.gw1}; }
  FakeTouch Erin() { return {&site.erin, &site.gw1}; }
  FakeTouch Guest() { return {&site.guest, &site.gw1}; }

  FakeSite site;
  v1::PinSet pins;
  // The device has no pin set yet.
  bool blank = false;
  std::string command;
  v1::Proof proof;
  // Changes each statement before it is touched.
  std::function<void(v1::AuthorizationStatement&)> edit;
  // Changes the verifier's inputs.
  std::function<void(VerifyInputs&)> inputs;
  absl::optional<v1::SignedLeaseOffer> offer;
};

// A single fault: what it breaks, and at which step and for which reason a
// verifier must refuse. `make` builds a case that is valid but for that.
struct FakeFault {
  const char* name;
  const char* step;
  const Reason* reason;
  void (*make)(FakeCase&);
};

// Faults for every step and rule, for tests of anything that verifies proofs
// (services, agents, devices, the C kit, tools/device-check).
const std::vector<FakeFault>& AllFaults();

// Valid cases, one for each way in which a proof can be good.
struct FakeGoodCase {
  const char* name;
  void (*make)(FakeCase&);
};
const std::vector<FakeGoodCase>& AllGoodCases();

}  // namespace u2fi::proof

#endif  // U2FI_SERVICES_COMMON_PROOF_FAKE_CASE_H_
