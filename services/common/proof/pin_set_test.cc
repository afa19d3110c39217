#include "services/common/proof/pin_set.h"

#include "absl/strings/str_cat.h"
#include "services/common/crypto/encoding.h"
#include "services/common/proof/fake_pins_forms.h"
#include "services/common/proof/fake_site.h"
#include "services/common/status/status_matchers.h"

namespace u2fi::proof {
namespace {

class PinSetTest : public testing::Test {
 protected:
  // The field at fault of `pins_`, or "".
  std::string WrongField() {
    const absl::Status status = CheckPinSet(pins_);
    if (!status.ok()) EXPECT_THAT(status, HasReason(reason::kPinSetFormat));
    return MetadataOf(status)["field"];
  }

  const FakeSite site_;
  v1::PinSet pins_ = site_.FirstPins();
};

TEST_F(PinSetTest, ASetRoundTripsWithItsBytes) {
  ASSERT_OK_AND_ASSIGN(const PinSet encoded, PinSet::Encode(pins_));
  ASSERT_OK_AND_ASSIGN(const PinSet parsed, PinSet::Parse(encoded.bytes()));
  EXPECT_EQ(parsed.bytes(), encoded.bytes());
  EXPECT_EQ(parsed.hash(), PinsHash(encoded.bytes()));
}

// Computed with Python's hashlib.
TEST_F(PinSetTest, TheHashIsThatOfTheFormat) {
  EXPECT_EQ(crypto::Hex(crypto::View(PinsHash("x"))),
            "702a744ad7c77c67fb17d81c4c3da8f50fa1d9c2d29f7df62e7e257f282ef6a6");
}

TEST_F(PinSetTest, EntriesAreFoundByTheirIds) {
  const PinSet pins = *PinSet::Encode(pins_);
  EXPECT_EQ(pins.FindKey("tok-bob")->account(), "bob");
  EXPECT_EQ(pins.FindKey("tok-guest"), nullptr);
  EXPECT_EQ(pins.FindGateway("gw-2")->site(), "office");
  EXPECT_EQ(pins.FindGateway("gw-3"), nullptr);
  EXPECT_EQ(pins.FindIssuer("front-desk")->max_lease_s(), 7u * 24 * 3600);
  EXPECT_EQ(pins.FindIssuer(""), nullptr);
}

TEST_F(PinSetTest, ALeaseRunsUntilItsEnd) {
  EXPECT_FALSE(PinSet::Encode(pins_)->LeaseRuns(0));
  site_.AddLease(pins_);
  const PinSet pins = *PinSet::Encode(pins_);
  const uint64_t until = pins_.lease().until_ms();
  EXPECT_TRUE(pins.LeaseRuns(until - 1));
  EXPECT_FALSE(pins.LeaseRuns(until));
}

TEST_F(PinSetTest, EightLargeKeysFitIntoTheBound) {
  for (int i = 0; i < 3; ++i) {
    const FakeToken token(absl::StrCat("tok-", std::string(32, 'a' + i)),
                          "account-of-twenty");
    *pins_.add_keys() = token.Pinned(v1::KEY_ROLE_MEMBER, 2);
  }
  ASSERT_OK_AND_ASSIGN(const PinSet pins, PinSet::Encode(pins_));
  EXPECT_LT(pins.bytes().size(), kMaxPinSet);
}

TEST_F(PinSetTest, MoreThan2048BytesAreRefused) {
  for (v1::PinnedKey& key : *pins_.mutable_keys()) {
    key.set_token_id(absl::StrCat(key.token_id(), std::string(50, 'x')));
  }
  for (int i = 0; i < 14; ++i) {
    v1::OperationRule& entry = *pins_.add_rules();
    entry.set_operation(absl::StrCat("o", i, std::string(60, 'x')));
    entry.mutable_rule()->set_kind(v1::RULE_KIND_FORBIDDEN);
  }
  EXPECT_THAT(PinSet::Encode(pins_), HasReason(reason::kPinSetFormat));
}

TEST_F(PinSetTest, OtherFormatsAreRefused) {
  pins_.set_format(2);
  EXPECT_EQ(WrongField(), "format");
}

TEST_F(PinSetTest, IdsAreCanonical) {
  pins_.set_site("Home");
  EXPECT_EQ(WrongField(), "device");
}

TEST_F(PinSetTest, OnlyTheFirstRevisionHasNoPrevious) {
  pins_.set_revision(0);
  EXPECT_EQ(WrongField(), "revision");
  pins_.set_revision(2);
  EXPECT_EQ(WrongField(), "revision");
  pins_.set_previous(std::string(32, 'p'));
  EXPECT_EQ(WrongField(), "");
  pins_.set_revision(1);
  EXPECT_EQ(WrongField(), "revision");
}

TEST_F(PinSetTest, TheRelyingPartyIsAHash) {
  pins_.set_rp_id_hash("u2fi.example");
  EXPECT_EQ(WrongField(), "rp_id_hash");
}

TEST_F(PinSetTest, KeysAre1To8) {
  pins_.clear_keys();
  EXPECT_EQ(WrongField(), "keys");
  for (int i = 0; i < 8; ++i) {
    *pins_.add_keys() = FakeToken(absl::StrCat("t", i), "alice").Pinned(1);
  }
  EXPECT_EQ(WrongField(), "");
  *pins_.add_keys() = FakeToken("t8", "alice").Pinned(1);
  EXPECT_EQ(WrongField(), "keys");
}

TEST_F(PinSetTest, ATokenOrPointTwiceIsRefused) {
  *pins_.add_keys() = pins_.keys(1);
  EXPECT_EQ(WrongField(), "keys");
  pins_.mutable_keys()->rbegin()->set_token_id("other");
  EXPECT_EQ(WrongField(), "keys") << "one key for two tokens";
  pins_.mutable_keys()->rbegin()->mutable_point()->back() ^= 1;
  EXPECT_EQ(WrongField(), "");
}

TEST_F(PinSetTest, PointsAreUncompressed) {
  pins_.mutable_keys(0)->mutable_point()->front() = '\x02';
  EXPECT_EQ(WrongField(), "keys");
  pins_ = site_.FirstPins();
  pins_.mutable_keys(0)->mutable_point()->pop_back();
  EXPECT_EQ(WrongField(), "keys");
}

TEST_F(PinSetTest, RolesAndLevelsAreBounded) {
  pins_.mutable_keys(1)->set_roles(64);
  EXPECT_EQ(WrongField(), "keys");
  pins_.mutable_keys(1)->set_roles(0);
  EXPECT_EQ(WrongField(), "keys");
  pins_.mutable_keys(1)->set_roles(63 & ~v1::KEY_ROLE_LESSEE);
  EXPECT_EQ(WrongField(), "");
  pins_.mutable_keys(1)->set_level(3);
  EXPECT_EQ(WrongField(), "keys");
}

TEST_F(PinSetTest, TheOwnerHasAnOwnerKey) {
  pins_.mutable_keys(0)->set_roles(v1::KEY_ROLE_MEMBER);
  EXPECT_EQ(WrongField(), "keys");
  pins_.mutable_keys(1)->set_roles(v1::KEY_ROLE_OWNER);
  EXPECT_EQ(WrongField(), "keys") << "of another account";
}

TEST_F(PinSetTest, GatewaysAre1To4AndDistinct) {
  pins_.clear_gateways();
  EXPECT_EQ(WrongField(), "gateways");
  for (int i = 0; i < 4; ++i) {
    *pins_.add_gateways() = FakeGateway(absl::StrCat("g", i), "home").Pinned();
  }
  EXPECT_EQ(WrongField(), "");
  pins_.mutable_gateways(1)->set_id("g0");
  EXPECT_EQ(WrongField(), "gateways");
  pins_.mutable_gateways(1)->set_id("g1");
  pins_.mutable_gateways(1)->set_point(pins_.gateways(0).point());
  EXPECT_EQ(WrongField(), "gateways") << "one key for two gateways";
  *pins_.mutable_gateways(1) = FakeGateway("g1", "home").Pinned();
  *pins_.add_gateways() = FakeGateway("g4", "home").Pinned();
  EXPECT_EQ(WrongField(), "gateways");
}

TEST_F(PinSetTest, LeaseIssuersAreBounded) {
  pins_.mutable_lease_issuers(0)->set_max_lease_s(31'536'001);
  EXPECT_EQ(WrongField(), "lease_issuers");
  pins_.mutable_lease_issuers(0)->set_max_lease_s(0);
  EXPECT_EQ(WrongField(), "lease_issuers");
  pins_.mutable_lease_issuers(0)->set_max_lease_s(31'536'000);
  EXPECT_EQ(WrongField(), "");
  *pins_.add_lease_issuers() = pins_.lease_issuers(0);
  EXPECT_EQ(WrongField(), "lease_issuers") << "twice";
  pins_.mutable_lease_issuers(1)->set_id("desk-2");
  EXPECT_EQ(WrongField(), "");
  *pins_.add_lease_issuers() = pins_.lease_issuers(0);
  pins_.mutable_lease_issuers(2)->set_id("desk-3");
  EXPECT_EQ(WrongField(), "lease_issuers") << "three";
}

TEST_F(PinSetTest, RulesAreAtMost24AndDistinct) {
  while (pins_.rules_size() < 24) {
    v1::OperationRule& entry = *pins_.add_rules();
    entry.set_operation(absl::StrCat("op-", pins_.rules_size()));
    entry.mutable_rule()->set_kind(v1::RULE_KIND_FREE);
  }
  EXPECT_EQ(WrongField(), "");
  pins_.mutable_rules(5)->set_operation("lamp.on");
  EXPECT_EQ(WrongField(), "rules");
  pins_.mutable_rules(5)->set_operation("log.read");
  *pins_.add_rules() = pins_.rules(23);
  pins_.mutable_rules(24)->set_operation("op-24x");
  EXPECT_EQ(WrongField(), "rules");
}

TEST_F(PinSetTest, RulesHaveTheirForm) {
  pins_.mutable_rules(0)->clear_rule();
  EXPECT_EQ(WrongField(), "kind");
  pins_ = site_.FirstPins();
  pins_.mutable_default_rule()->set_kind(v1::RULE_KIND_FREE);
  EXPECT_EQ(WrongField(), "kind");
  pins_ = site_.FirstPins();
  pins_.mutable_rules(0)->set_operation("Lamp");
  EXPECT_EQ(WrongField(), "rules");
}

TEST_F(PinSetTest, ALeaseAndItsKeysBelongTogether) {
  site_.AddLease(pins_);
  EXPECT_EQ(WrongField(), "");
  v1::PinSet leased = pins_;
  pins_.clear_lease();
  EXPECT_EQ(WrongField(), "lease");
  pins_ = leased;
  pins_.mutable_keys()->RemoveLast();
  EXPECT_EQ(WrongField(), "lease");
  pins_ = leased;
  pins_.mutable_lease()->set_account("mallory");
  EXPECT_EQ(WrongField(), "lease");
  pins_ = leased;
  pins_.mutable_lease()->clear_until_ms();
  EXPECT_EQ(WrongField(), "lease");
}

TEST_F(PinSetTest, ALesseeHasNoOtherRole) {
  site_.AddLease(pins_);
  pins_.mutable_keys()->rbegin()->set_roles(v1::KEY_ROLE_LESSEE |
                                            v1::KEY_ROLE_MEMBER);
  EXPECT_EQ(WrongField(), "keys");
}

TEST_F(PinSetTest, EveryFormIsGoodOrNot) {
  for (const FakePinsForm& form : AllPinsForms()) {
    v1::PinSet pins = site_.FirstPins();
    form.change(site_, pins);
    EXPECT_EQ(PinSet::Encode(pins).ok(), form.good) << form.name;
  }
}

TEST_F(PinSetTest, BytesOutsideTheStrictProfileAreRefused) {
  const std::string bytes = PinSet::Encode(pins_)->bytes();
  EXPECT_THAT(PinSet::Parse(bytes + "x"), HasReason(reason::kPinSetFormat));
  EXPECT_THAT(PinSet::Parse(""), HasReason(reason::kPinSetFormat));
}

}  // namespace
}  // namespace u2fi::proof
