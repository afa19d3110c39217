// The C kit and the C++ verifier say the same about every proof: accepted or
// not, at the same step, for the same reason.
#include <algorithm>
#include <random>

#include "absl/strings/str_cat.h"
#include "services/common/proof/c/fake_kit.h"
#include "services/common/proof/command.h"
#include "services/common/proof/fake_case.h"
#include "services/common/proof/ids.h"
#include "services/common/proof/rules.h"
#include "services/common/proof/strict.h"
#include "services/common/status/status_matchers.h"

namespace u2fi::proof {
namespace {

// What both verifiers read.
struct Parts {
  std::string command;
  std::string proof;
  std::string pins;
  std::string offer;
  std::string offer_signature;
  VerifyInputs in;
};

Parts PartsOf(const FakeCase& c) {
  Parts parts;
  parts.command = c.command;
  parts.proof = Encode(c.proof);
  parts.pins = c.blank ? "" : c.Present()->bytes();
  if (c.offer.has_value()) {
    parts.offer = c.offer->offer();
    parts.offer_signature = c.offer->signature();
  }
  parts.in = c.site.Inputs(nullptr);
  if (c.inputs) c.inputs(parts.in);
  return parts;
}

// "ok", or step and reason.
std::string InCpp(const Parts& parts) {
  VerifyInputs in = parts.in;
  absl::optional<PinSet> pins;
  if (!parts.pins.empty()) pins = *PinSet::Parse(parts.pins);
  in.pins = pins.has_value() ? &*pins : nullptr;
  v1::SignedLeaseOffer offer;
  offer.set_offer(parts.offer);
  offer.set_signature(parts.offer_signature);
  in.lease_offer = parts.offer.empty() ? nullptr : &offer;
  const absl::Status status =
      VerifyProof(parts.command, parts.proof, in).status();
  return status.ok() ? "ok"
                     : absl::StrCat(StepOf(status), " ", ReasonOf(status));
}

std::string InC(const Parts& parts) {
  u2fi_input in = KitInput(parts.in);
  in.command = KitBytes(parts.command);
  in.proof = KitBytes(parts.proof);
  in.pins = KitBytes(parts.pins);
  in.lease_offer = KitBytes(parts.offer);
  in.lease_offer_signature = KitBytes(parts.offer_signature);
  u2fi_verified verified;
  const u2fi_reason reason = u2fi_verify(&in, &verified);
  if (reason == U2FI_OK) return "ok";
  return absl::StrCat(u2fi_step_name(verified.step), " ",
                      u2fi_reason_name(reason));
}

// Acts on accounts are nothing for devices: the kit does not read them.
bool IsOnAccount(const Parts& parts) {
  const absl::StatusOr<v1::Command> command = ParseCommand(parts.command);
  return command.ok() && AccountOfTarget(command->device()).has_value();
}

TEST(AgreementTest, EveryGoodCaseIsAccepted) {
  for (const FakeGoodCase& good : AllGoodCases()) {
    FakeCase c;
    good.make(c);
    EXPECT_EQ(InC(PartsOf(c)), "ok") << good.name;
  }
}

TEST(AgreementTest, EveryFaultIsRefusedAtItsStep) {
  for (const FakeFault& fault : AllFaults()) {
    FakeCase c;
    fault.make(c);
    const Parts parts = PartsOf(c);
    if (IsOnAccount(parts)) continue;
    EXPECT_EQ(InC(parts), absl::StrCat(fault.step, " ", fault.reason->name))
        << fault.name;
  }
}

// Bits, bytes and cuts at random places, the same in every run. Signatures are
// costly, so each signed case is broken many times.
class MutationTest : public testing::TestWithParam<int> {
 protected:
  std::string& Pick(Parts& parts) {
    std::string* const choices[] = {&parts.proof, &parts.proof, &parts.proof,
                                    &parts.command, &parts.offer};
    std::string* const choice = choices[random_() % 5];
    return choice->empty() ? parts.command : *choice;
  }
  void Mutate(std::string& bytes) {
    const size_t at = random_() % bytes.size();
    switch (random_() % 5) {
      case 0:
        bytes[at] = static_cast<char>(random_());
        break;
      case 1:
        bytes.erase(at, 1 + random_() % 3);
        break;
      case 2:
        bytes.insert(at, 1, static_cast<char>(random_()));
        break;
      case 3:
        bytes[at] = static_cast<char>(bytes[at] + 1);
        break;
      default:
        bytes[at] = static_cast<char>(bytes[at] ^ (1 << random_() % 8));
    }
  }
  void CompareMutants(const FakeCase& c, int count, const char* name) {
    const Parts good = PartsOf(c);
    if (IsOnAccount(good)) return;
    for (int i = 0; i < count; ++i) {
      Parts parts = good;
      Mutate(Pick(parts));
      ++compared_;
      ASSERT_EQ(InC(parts), InCpp(parts)) << name << ", mutant " << i;
    }
  }

  std::mt19937 random_{static_cast<unsigned>(GetParam())};
  int compared_ = 0;
};

TEST_P(MutationTest, BothSayTheSame) {
  for (const FakeGoodCase& good : AllGoodCases()) {
    FakeCase c;
    good.make(c);
    CompareMutants(c, 55, good.name);
  }
  for (const FakeFault& fault : AllFaults()) {
    FakeCase c;
    fault.make(c);
    CompareMutants(c, 5, fault.name);
  }
  EXPECT_GE(compared_, 2500);
}
INSTANTIATE_TEST_SUITE_P(Seeds, MutationTest, testing::Range(1, 6));

// What the verifier believes is changed instead: nothing has to be signed
// again, and the last steps are reached.
class BeliefTest : public MutationTest {
 protected:
  uint32_t Any(uint32_t below) { return random_() % below; }

  void ChangeRule(v1::Rule& rule) {
    rule.set_kind(static_cast<v1::RuleKind>(1 + Any(3)));
    if (rule.kind() != v1::RULE_KIND_APPROVALS) {
      rule = rule.kind() == v1::RULE_KIND_FREE ? FreeRule() : ForbiddenRule();
      return;
    }
    rule.set_approvals(1 + Any(3));
    rule.set_roles(1 + Any(15));
    rule.set_level(Any(3));
    rule.set_uv(Any(4) == 0);
    rule.set_distinct_gateways(Any(4) == 0);
    rule.set_distinct_sites(Any(4) == 0);
    rule.set_browser_ok(Any(2) == 0);
    rule.set_lessee(Any(4) == 0);
  }

  void ChangePins(v1::PinSet& pins) {
    v1::PinnedKey& key = *pins.mutable_keys(Any(pins.keys_size()));
    v1::PinnedGateway& gateway =
        *pins.mutable_gateways(Any(pins.gateways_size()));
    switch (Any(7)) {
      case 0:
        return key.set_roles(1 + Any(63));
      case 1:
        return key.set_level(Any(3));
      case 2:
        return gateway.set_may_approve(!gateway.may_approve());
      case 3:
        return gateway.set_may_execute(!gateway.may_execute());
      case 4:
        return gateway.set_site("elsewhere");
      case 5:
        return ChangeRule(*pins.mutable_default_rule());
      default:
        return ChangeRule(
            *pins.mutable_rules(Any(pins.rules_size()))->mutable_rule());
    }
  }
};

TEST_P(BeliefTest, BothSayTheSame) {
  int accepted = 0;
  for (const FakeGoodCase& good : AllGoodCases()) {
    FakeCase c;
    good.make(c);
    for (int i = 0; i < 12; ++i) {
      v1::PinSet pins = c.pins;
      for (int changes = 0; changes < 3; ++changes) ChangePins(pins);
      Parts parts = PartsOf(c);
      const absl::StatusOr<PinSet> changed = PinSet::Encode(pins);
      if (parts.pins.empty() || !changed.ok()) continue;
      parts.pins = changed->bytes();
      ++compared_;
      const std::string verdict = InCpp(parts);
      accepted += verdict == "ok";
      ASSERT_EQ(InC(parts), verdict) << good.name << ", mutant " << i;
    }
  }
  EXPECT_GE(compared_, 250);
  EXPECT_GE(accepted, 40);
}
INSTANTIATE_TEST_SUITE_P(Seeds, BeliefTest, testing::Range(1, 5));

// The same for pin sets, where strict reading has the most rules.
TEST(AgreementTest, PinSetsAreReadAlike) {
  std::mt19937 random(7);
  FakeCase c;
  c.site.AddLease(c.pins);
  const std::string good = c.Present()->bytes();
  for (int i = 0; i < 4000; ++i) {
    std::string bytes = good;
    bytes[random() % bytes.size()] = static_cast<char>(random() % 40);
    EXPECT_EQ(KitParsesPins(bytes), PinSet::Parse(bytes).ok()) << i;
  }
}

}  // namespace
}  // namespace u2fi::proof
