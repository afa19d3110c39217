#ifndef U2FI_TESTS_ATTACKS_ATTACK_LIST_H_
#define U2FI_TESTS_ATTACKS_ATTACK_LIST_H_

#include <functional>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "services/common/proof/fake_case.h"

namespace u2fi::attacks {

// The attacks on what was touched for, made once and played to everybody who
// has to refuse them: the C++ verifier, the C kit, the agent, attestation, the
// registry, the auditor. Each stage has a test of its own for each of them.

// One that begins with what people approved, and spoils it.
struct Attack {
  std::string name;
  // On a fresh case: leaves a command and a proof that must be refused.
  std::function<void(proof::FakeCase&)> make;
};

// One on the statement after the touch.
struct StatementSwap {
  std::string name;
  std::function<void(proof::v1::AuthorizationStatement&)> edit;
};

// A pin set update that nobody approved as it is. `make` sees the set that the
// device has; empty approvals: it comes without a proof.
struct ForgedUpdate {
  std::string name;
  struct Parts {
    std::string command;
    proof::v1::Proof proof;
  };
  std::function<Parts(proof::FakeSite&, const proof::PinSet&)> make;
};

// What all swaps begin with: the third of four commands, approved by alice.
void ApproveTheThird(proof::FakeCase& c);

std::vector<StatementSwap> StatementSwaps();
// After the touch: the command, the statement, the parts of the touch, the
// batch.
std::vector<Attack> Swaps();
// Proofs that are made otherwise, by the names that the faults of common/proof
// have.
std::vector<Attack> Forgeries();
// Both.
std::vector<Attack> AllAttacks();

// An update that holds: door.unlock becomes forbidden, alice touched.
ForgedUpdate::Parts GoodUpdate(proof::FakeSite& site,
                               const proof::PinSet& present);
std::vector<ForgedUpdate> ForgedUpdates();

// The name of a case, for parameterised tests.
template <typename Case>
std::string NameOf(const testing::TestParamInfo<Case>& info) {
  return info.param.name;
}

}  // namespace u2fi::attacks

#endif  // U2FI_TESTS_ATTACKS_ATTACK_LIST_H_
