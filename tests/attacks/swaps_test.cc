// What the cloud or a gateway may change after the touch: the command, the
// statement, the parts of the touch, the batch. Each by itself makes the C++
// verifier and the C kit of a device refuse, for it is none of what the key
// covered. So does each way to forge a proof, or a pin set update.
#include <string>

#include "services/common/proof/c/fake_kit.h"
#include "services/common/proof/strict.h"
#include "services/common/status/status_matchers.h"
#include "tests/attacks/attack_list.h"

namespace u2fi::attacks {
namespace {

using proof::FakeCase;

// What a device with the kit alone says; no proof: as of a FREE operation.
u2fi_reason KitVerdict(const FakeCase& c) {
  const proof::PinSet present = *c.Present();
  const std::string proof = proof::Encode(c.proof);
  const proof::VerifyInputs inputs = c.site.Inputs(nullptr);
  u2fi_input in = proof::KitInput(inputs);
  in.command = proof::KitBytes(c.command);
  in.proof = proof::KitBytes(proof);
  in.pins = proof::KitBytes(present.bytes());
  u2fi_verified verified;
  return proof.empty() ? u2fi_verify_free(&in, &verified)
                       : u2fi_verify(&in, &verified);
}
absl::Status CppVerdict(const FakeCase& c) {
  if (c.proof.approvals_size() > 0) return c.Verify().status();
  const proof::PinSet present = *c.Present();
  return proof::VerifyFree(c.command, c.site.Inputs(&present)).status();
}

class AfterTheTouchTest : public testing::TestWithParam<Attack> {
 protected:
  static FakeCase Spoiled() {
    FakeCase good, spoiled;
    ApproveTheThird(good);
    EXPECT_OK(CppVerdict(good));
    EXPECT_EQ(KitVerdict(good), U2FI_OK);
    GetParam().make(spoiled);
    return spoiled;
  }
};

TEST_P(AfterTheTouchTest, ASwapIsRefused) {
  EXPECT_FALSE(CppVerdict(Spoiled()).ok());
}
TEST_P(AfterTheTouchTest, TheKitRefusesASwap) {
  EXPECT_NE(KitVerdict(Spoiled()), U2FI_OK);
}
INSTANTIATE_TEST_SUITE_P(Each, AfterTheTouchTest, testing::ValuesIn(Swaps()),
                         NameOf<Attack>);

// Attacks whose proof is made otherwise than by a swap, by the names that the
// faults of common/proof have: they must exist, and be refused for that.
class ForgedProofTest : public testing::TestWithParam<Attack> {
 protected:
  static const proof::FakeFault& Fault() {
    for (const proof::FakeFault& fault : proof::AllFaults()) {
      if (GetParam().name == fault.name) return fault;
    }
    ADD_FAILURE() << "no such fault";
    return proof::AllFaults()[0];
  }
};

TEST_P(ForgedProofTest, IsRefused) {
  FakeCase c;
  GetParam().make(c);
  EXPECT_THAT(CppVerdict(c), HasReason(*Fault().reason));
}
TEST_P(ForgedProofTest, TheKitRefusesIt) {
  FakeCase c;
  GetParam().make(c);
  EXPECT_STREQ(u2fi_reason_name(KitVerdict(c)), Fault().reason->name);
}
INSTANTIATE_TEST_SUITE_P(Each, ForgedProofTest, testing::ValuesIn(Forgeries()),
                         NameOf<Attack>);

// Updates of what a device believes.
class ForgedPinsTest : public testing::TestWithParam<ForgedUpdate> {
 protected:
  static FakeCase CaseOf(FakeCase c, const ForgedUpdate::Parts& parts) {
    c.command = parts.command;
    c.proof = parts.proof;
    return c;
  }
  static FakeCase Forged() {
    FakeCase c;
    c.pins = c.Next();
    const FakeCase good = CaseOf(c, GoodUpdate(c.site, *c.Present()));
    EXPECT_OK(CppVerdict(good));
    EXPECT_EQ(KitVerdict(good), U2FI_OK);
    return CaseOf(c, GetParam().make(c.site, *c.Present()));
  }
};

TEST_P(ForgedPinsTest, IsRefused) { EXPECT_FALSE(CppVerdict(Forged()).ok()); }
TEST_P(ForgedPinsTest, TheKitRefusesIt) {
  EXPECT_NE(KitVerdict(Forged()), U2FI_OK);
}
INSTANTIATE_TEST_SUITE_P(Each, ForgedPinsTest,
                         testing::ValuesIn(ForgedUpdates()),
                         NameOf<ForgedUpdate>);

// It held once: the device has gone on since.
TEST(OldUpdateTest, ItIsRefusedOnceItIsInstalled) {
  FakeCase c;
  const ForgedUpdate::Parts old = GoodUpdate(c.site, *c.Present());
  c.pins = c.Next();
  c.command = old.command;
  c.proof = old.proof;
  EXPECT_FALSE(CppVerdict(c).ok());
  EXPECT_NE(KitVerdict(c), U2FI_OK);
}

// A token on the deny list, though its touch came before.
TEST(RevokedTokenTest, ItsProofIsRefused) {
  FakeCase c;
  ApproveTheThird(c);
  ASSERT_OK(c.Verify());
  proof::DenyList denied;
  denied.tokens.insert(c.proof.approvals(0).token_id());
  c.inputs = [&denied](proof::VerifyInputs& in) { in.denied = &denied; };
  EXPECT_THAT(c.Verify(), HasReason(reason::kTokenRevoked));
}

}  // namespace
}  // namespace u2fi::attacks
