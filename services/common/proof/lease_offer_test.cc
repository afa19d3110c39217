#include "services/common/proof/lease_offer.h"

#include "absl/strings/str_cat.h"
#include "services/common/proof/fake_site.h"
#include "services/common/proof/strict.h"
#include "services/common/status/status_matchers.h"

namespace u2fi::proof {
namespace {

class LeaseOfferTest : public testing::Test {
 protected:
  absl::Status FormOf(const v1::LeaseOffer& offer) {
    return ParseLeaseOffer(Encode(offer)).status();
  }
  absl::Status VerifySigned(const v1::LeaseOffer& offer) {
    return VerifyLeaseOffer(pins_, site_.SignedOffer(offer)).status();
  }

  const FakeSite site_;
  const PinSet pins_ = *PinSet::Encode(site_.FirstPins());
  v1::LeaseOffer offer_ = site_.Offer();
};

TEST_F(LeaseOfferTest, ASignedOfferVerifies) {
  EXPECT_OK(VerifySigned(offer_));
}

TEST_F(LeaseOfferTest, IdsAndFormatAreChecked) {
  offer_.set_format(2);
  EXPECT_THAT(FormOf(offer_), HasReason(reason::kLeaseFormat));
  offer_ = site_.Offer();
  offer_.set_reservation("Res");
  EXPECT_THAT(FormOf(offer_), HasReason(reason::kLeaseFormat));
}

TEST_F(LeaseOfferTest, DevicesAscend) {
  offer_.mutable_devices()->SwapElements(0, 1);
  EXPECT_THAT(FormOf(offer_), HasReason(reason::kLeaseFormat));
  offer_.clear_devices();
  EXPECT_THAT(FormOf(offer_), HasReason(reason::kLeaseFormat));
  offer_.add_devices("a");
  offer_.add_devices("a");
  EXPECT_THAT(FormOf(offer_), HasReason(reason::kLeaseFormat));
}

TEST_F(LeaseOfferTest, AtMost1000Devices) {
  offer_.clear_devices();
  for (int i = 1000; i < 2000; ++i) offer_.add_devices(absl::StrCat("d", i));
  EXPECT_OK(FormOf(offer_));
  offer_.add_devices("e");
  EXPECT_THAT(FormOf(offer_), HasReason(reason::kLeaseFormat));
}

TEST_F(LeaseOfferTest, ItBeginsBeforeItEnds) {
  offer_.set_from_ms(offer_.until_ms());
  EXPECT_THAT(FormOf(offer_), HasReason(reason::kLeaseFormat));
}

TEST_F(LeaseOfferTest, TheGuestIsAnAccountOrTheFirstKey) {
  offer_.set_first_key(true);
  EXPECT_THAT(FormOf(offer_), HasReason(reason::kLeaseFormat)) << "both";
  offer_.clear_guest_account();
  EXPECT_OK(FormOf(offer_));
  offer_.clear_first_key();
  EXPECT_THAT(FormOf(offer_), HasReason(reason::kLeaseFormat)) << "neither";
}

TEST_F(LeaseOfferTest, SigningChecksTheForm) {
  offer_.set_until_ms(1);
  EXPECT_THAT(SignLeaseOffer(offer_, site_.front_desk),
              HasReason(reason::kLeaseFormat));
}

TEST_F(LeaseOfferTest, OtherIssuersAreRefused) {
  EXPECT_THAT(VerifyLeaseOffer(pins_, *SignLeaseOffer(offer_, site_.gw1.key)),
              HasReason(reason::kLeaseOfferInvalid));
  offer_.set_issuer("desk-2");
  EXPECT_THAT(VerifySigned(offer_), HasReason(reason::kLeaseOfferInvalid));
}

TEST_F(LeaseOfferTest, ItIsForOneTenantSiteAndItsDevices) {
  offer_.set_tenant("other");
  EXPECT_THAT(VerifySigned(offer_), HasReason(reason::kLeaseOfferInvalid));
  offer_ = site_.Offer();
  offer_.set_site("office");
  EXPECT_THAT(VerifySigned(offer_), HasReason(reason::kLeaseOfferInvalid));
  offer_ = site_.Offer();
  offer_.mutable_devices()->RemoveLast();
  EXPECT_THAT(VerifySigned(offer_), HasReason(reason::kLeaseOfferInvalid));
}

TEST_F(LeaseOfferTest, ItIsNoLongerThanTheIssuerMayOffer) {
  const uint64_t longest = 7ull * 24 * 3600 * 1000;
  offer_.set_until_ms(offer_.from_ms() + longest);
  EXPECT_OK(VerifySigned(offer_));
  offer_.set_until_ms(offer_.from_ms() + longest + 1);
  EXPECT_THAT(VerifySigned(offer_), HasReason(reason::kLeaseOfferInvalid));
}

TEST_F(LeaseOfferTest, AChangedBitIsRefused) {
  v1::SignedLeaseOffer offer = site_.SignedOffer(offer_);
  offer.mutable_offer()->back() ^= 1;
  EXPECT_FALSE(VerifyLeaseOffer(pins_, offer).ok());
}

class LeaseEndTest : public LeaseOfferTest {
 protected:
  LeaseEndTest() {
    end_.set_format(1);
    end_.set_tenant("acme");
    end_.set_site("home");
    end_.set_reservation("res-1");
    end_.set_at_ms(site_.now_ms);
    end_.set_issuer("front-desk");
  }
  absl::Status VerifySignedEnd() {
    return VerifyLeaseEnd(pins_, *SignLeaseEnd(end_, site_.front_desk))
        .status();
  }
  v1::LeaseEnd end_;
};

TEST_F(LeaseEndTest, ASignedEndVerifies) { EXPECT_OK(VerifySignedEnd()); }

TEST_F(LeaseEndTest, OtherSignersTenantsAndSitesAreRefused) {
  EXPECT_THAT(VerifyLeaseEnd(pins_, *SignLeaseEnd(end_, site_.gw1.key)),
              HasReason(reason::kLeaseOfferInvalid));
  end_.set_site("office");
  EXPECT_THAT(VerifySignedEnd(), HasReason(reason::kLeaseOfferInvalid));
  end_.set_site("home");
  end_.set_tenant("other");
  EXPECT_THAT(VerifySignedEnd(), HasReason(reason::kLeaseOfferInvalid));
  end_.set_tenant("acme");
  end_.set_issuer("desk-2");
  EXPECT_THAT(VerifySignedEnd(), HasReason(reason::kLeaseOfferInvalid));
}

TEST_F(LeaseEndTest, TheFormIsChecked) {
  end_.clear_at_ms();
  EXPECT_THAT(SignLeaseEnd(end_, site_.front_desk),
              HasReason(reason::kLeaseFormat));
  EXPECT_THAT(ParseLeaseEnd("x"), HasReason(reason::kLeaseFormat));
  EXPECT_THAT(ParseLeaseEnd(Encode(end_)), HasReason(reason::kLeaseFormat));
  const v1::LeaseEnd good = [&] {
    v1::LeaseEnd end = end_;
    end.set_at_ms(1);
    return end;
  }();
  EXPECT_OK(ParseLeaseEnd(Encode(good)));
  for (void (v1::LeaseEnd::*clear)() :
       {&v1::LeaseEnd::clear_format, &v1::LeaseEnd::clear_tenant,
        &v1::LeaseEnd::clear_site, &v1::LeaseEnd::clear_reservation,
        &v1::LeaseEnd::clear_issuer}) {
    v1::LeaseEnd end = good;
    (end.*clear)();
    EXPECT_THAT(ParseLeaseEnd(Encode(end)), HasReason(reason::kLeaseFormat));
  }
}

// An offer's bytes are no end, and its signature not one over an end.
TEST_F(LeaseEndTest, AnOfferIsNoEnd) {
  const v1::SignedLeaseOffer offer = site_.SignedOffer(offer_);
  v1::SignedLeaseEnd end;
  end.set_end(offer.offer());
  end.set_signature(offer.signature());
  EXPECT_THAT(VerifyLeaseEnd(pins_, end), HasReason(reason::kLeaseFormat));
}

}  // namespace
}  // namespace u2fi::proof
