#include "services/common/proof/lease_offer.h"

#include <algorithm>

#include "services/common/crypto/hash.h"
#include "services/common/proof/domains.h"
#include "services/common/proof/ids.h"
#include "services/common/proof/strict.h"

namespace u2fi::proof {
namespace {

constexpr size_t kMaxLeaseEnd = 512;

absl::Status FormatError() {
  return Error(reason::kLeaseFormat, "the lease message is not valid");
}

absl::Status Invalid(const char* problem) {
  return Error(reason::kLeaseOfferInvalid, problem);
}

bool DevicesOk(const v1::LeaseOffer& offer) {
  absl::string_view last;
  for (const std::string& device : offer.devices()) {
    if (!IsId(device) || device <= last) return false;
    last = device;
  }
  return offer.devices_size() >= 1 && offer.devices_size() <= kMaxLeaseDevices;
}

bool OfferOk(const v1::LeaseOffer& offer) {
  const bool guest_ok = offer.first_key() ? offer.guest_account().empty()
                                          : IsId(offer.guest_account());
  return offer.format() == 1 && IsId(offer.tenant()) && IsId(offer.site()) &&
         IsId(offer.reservation()) && IsId(offer.issuer()) && guest_ok &&
         offer.from_ms() < offer.until_ms() && DevicesOk(offer);
}

bool EndOk(const v1::LeaseEnd& end) {
  return end.format() == 1 && IsId(end.tenant()) && IsId(end.site()) &&
         IsId(end.reservation()) && IsId(end.issuer()) && end.at_ms() != 0;
}

crypto::Digest OfferDigest(absl::string_view bytes) {
  return crypto::Sha256({domain::kLease, bytes});
}

crypto::Digest EndDigest(absl::string_view bytes) {
  return crypto::Sha256({domain::kLeaseEnd, bytes});
}

absl::Status CheckSigner(const v1::LeaseIssuer& issuer,
                         const crypto::Digest& digest,
                         absl::string_view signature) {
  const absl::StatusOr<crypto::P256PublicKey> key =
      crypto::P256PublicKey::FromPoint(issuer.point());
  if (key.ok() && key->Verify(digest, signature).ok()) return absl::OkStatus();
  return Invalid("the issuer did not sign this");
}

}  // namespace

absl::StatusOr<v1::LeaseOffer> ParseLeaseOffer(absl::string_view bytes) {
  ASSIGN_OR_RETURN(
      v1::LeaseOffer offer,
      Parse<v1::LeaseOffer>(bytes, kMaxLeaseOffer, reason::kLeaseFormat));
  if (!OfferOk(offer)) return FormatError();
  return offer;
}

absl::StatusOr<v1::LeaseEnd> ParseLeaseEnd(absl::string_view bytes) {
  ASSIGN_OR_RETURN(v1::LeaseEnd end, Parse<v1::LeaseEnd>(bytes, kMaxLeaseEnd,
                                                         reason::kLeaseFormat));
  if (!EndOk(end)) return FormatError();
  return end;
}

absl::StatusOr<v1::SignedLeaseOffer> SignLeaseOffer(
    const v1::LeaseOffer& offer, const crypto::P256PrivateKey& issuer_key) {
  if (!OfferOk(offer)) return FormatError();
  v1::SignedLeaseOffer result;
  result.set_offer(Encode(offer));
  result.set_signature(issuer_key.Sign(OfferDigest(result.offer())));
  return result;
}

absl::StatusOr<v1::SignedLeaseEnd> SignLeaseEnd(
    const v1::LeaseEnd& end, const crypto::P256PrivateKey& issuer_key) {
  if (!EndOk(end)) return FormatError();
  v1::SignedLeaseEnd result;
  result.set_end(Encode(end));
  result.set_signature(issuer_key.Sign(EndDigest(result.end())));
  return result;
}

absl::StatusOr<v1::LeaseOffer> VerifyLeaseOffer(
    const PinSet& pins, const v1::SignedLeaseOffer& signed_offer) {
  ASSIGN_OR_RETURN(v1::LeaseOffer offer, ParseLeaseOffer(signed_offer.offer()));
  const v1::LeaseIssuer* issuer = pins.FindIssuer(offer.issuer());
  if (issuer == nullptr) return Invalid("the issuer is not pinned");
  if (offer.tenant() != pins.fields().tenant() ||
      offer.site() != pins.fields().site() ||
      !std::binary_search(offer.devices().begin(), offer.devices().end(),
                          pins.fields().device())) {
    return Invalid("the offer is not for this device");
  }
  if (offer.until_ms() - offer.from_ms() > issuer->max_lease_s() * 1000ull) {
    return Invalid("the issuer may not offer such a long lease");
  }
  RETURN_IF_ERROR(CheckSigner(*issuer, OfferDigest(signed_offer.offer()),
                              signed_offer.signature()));
  return offer;
}

absl::StatusOr<v1::LeaseEnd> VerifyLeaseEnd(
    const PinSet& pins, const v1::SignedLeaseEnd& signed_end) {
  ASSIGN_OR_RETURN(v1::LeaseEnd end, ParseLeaseEnd(signed_end.end()));
  const v1::LeaseIssuer* issuer = pins.FindIssuer(end.issuer());
  if (issuer == nullptr) return Invalid("the issuer is not pinned");
  if (end.tenant() != pins.fields().tenant() ||
      end.site() != pins.fields().site()) {
    return Invalid("the end is not for this site");
  }
  RETURN_IF_ERROR(CheckSigner(*issuer, EndDigest(signed_end.end()),
                              signed_end.signature()));
  return end;
}

}  // namespace u2fi::proof
