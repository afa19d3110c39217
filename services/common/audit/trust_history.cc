#include "services/common/audit/trust_history.h"

#include <algorithm>

#include "services/common/crypto/encoding.h"
#include "services/common/crypto/p256.h"
#include "services/common/fido/cose_key.h"
#include "services/common/proof/assertion.h"
#include "services/common/status/error.h"

namespace u2fi::audit {
namespace {

constexpr uint64_t kForEver = std::numeric_limits<uint64_t>::max();
constexpr absl::string_view kSuspend = "u2fi.token.suspend";
constexpr absl::string_view kRevoke = "u2fi.token.revoke";
constexpr absl::string_view kResume = "u2fi.token.resume";

bool ByTime(const PinRevision* a, const PinRevision* b) {
  return a->since_ms != b->since_ms
             ? a->since_ms > b->since_ms
             : a->pins.fields().revision() > b->pins.fields().revision();
}

// Checks signatures of keys that are not P-256 points.
absl::Status CheckWith(const fido::CredentialKey& key, absl::string_view bytes,
                       absl::string_view signature) {
  crypto::Digest client_data_hash;
  if (bytes.size() < client_data_hash.size()) {
    return Error(reason::kSignatureInvalid, "too little was signed");
  }
  const size_t split = bytes.size() - client_data_hash.size();
  std::copy(bytes.begin() + split, bytes.end(), client_data_hash.begin());
  return key.Verify(bytes.substr(0, split), client_data_hash, signature);
}

}  // namespace

proof::AccountKey AccountKeyOf(const proof::v1::EnrolArguments& arguments,
                               absl::string_view public_key) {
  proof::AccountKey key;
  key.token_id = arguments.token_id();
  key.recovery = arguments.recovery();
  if (public_key.size() == crypto::kP256PointSize) {
    key.point = std::string(public_key);
    return key;
  }
  const absl::StatusOr<fido::CredentialKey> other =
      fido::CredentialKey::FromStored(public_key);
  if (!other.ok()) return key;
  key.check = [other = *other](absl::string_view bytes,
                               absl::string_view signature) {
    return CheckWith(other, bytes, signature);
  };
  return key;
}

bool KnownToken::IsActive(uint64_t ms, uint64_t skew_ms) const {
  return std::none_of(suspended.begin(), suspended.end(),
                      [&](const std::pair<uint64_t, uint64_t>& pause) {
                        return ms > pause.first && ms - pause.first > skew_ms &&
                               ms < pause.second;
                      });
}

TrustHistory::TrustHistory(const Anchors& anchors) : anchors_(anchors) {
  for (const proof::PinSet& pins : anchors_.pin_sets()) {
    pins_[pins.fields().device()].push_back(
        {pins, 0, crypto::Hex(crypto::View(pins.hash()))});
  }
}

void TrustHistory::AddPins(const proof::VerifiedPins& verified,
                           const PinRevision* present, uint64_t since_ms) {
  const proof::PinSet& pins = verified.pins();
  std::string anchor =
      present == nullptr ? AnchorOfGenesis(verified) : present->anchor;
  std::vector<PinRevision>& revisions = pins_[pins.fields().device()];
  for (PinRevision& known : revisions) {
    if (known.pins.hash() != pins.hash()) continue;
    known.since_ms = std::min(known.since_ms, since_ms);
    if (known.anchor.empty()) known.anchor = std::move(anchor);
    return;
  }
  revisions.push_back({pins, since_ms, std::move(anchor)});
}

// A first pin set is as good as the keys that approved it, unless the set
// itself is known.
std::string TrustHistory::AnchorOfGenesis(
    const proof::VerifiedPins& verified) const {
  const proof::PinSet& pins = verified.pins();
  std::string hash = crypto::Hex(crypto::View(pins.hash()));
  if (anchors_.Has(hash)) return hash;
  for (const auto& [account, token] : verified.command().approvers()) {
    const proof::v1::PinnedKey* key = pins.FindKey(token);
    if (key == nullptr) continue;
    std::string anchor = AnchorOfKey(key->point());
    const KnownToken* known = FindToken(account, token);
    if (anchor.empty() && known != nullptr &&
        known->key.point == key->point()) {
      anchor = known->anchor;
    }
    if (!anchor.empty()) return anchor;
  }
  return "";
}

std::string TrustHistory::AnchorOfKey(absl::string_view public_key) const {
  const absl::StatusOr<crypto::P256PublicKey> key =
      crypto::P256PublicKey::FromPoint(public_key);
  if (!key.ok()) return "";
  std::string fingerprint = crypto::Hex(crypto::View(key->SpkiHash()));
  return anchors_.Has(fingerprint) ? fingerprint : "";
}

void TrustHistory::AddToken(const proof::VerifiedAccountCommand& verified,
                            proof::v1::EnrolmentProof enrolment,
                            uint64_t since_ms) {
  proof::v1::EnrolArguments arguments;
  arguments.ParseFromString(verified.command().arguments());
  const std::string& public_key = enrolment.registration().public_key();
  KnownToken token;
  token.key = AccountKeyOf(arguments, public_key);
  token.since_ms = since_ms;
  token.anchor = AnchorOfKey(public_key);
  if (token.anchor.empty()) {
    token.anchor = AnchorOf(verified.account(), verified.tokens());
  }
  token.enrolment = std::move(enrolment);
  tokens_[verified.account()].emplace(arguments.token_id(), std::move(token));
}

void TrustHistory::ChangeToken(const proof::VerifiedAccountCommand& change,
                               uint64_t ms) {
  const std::string& operation = change.command().operation();
  proof::v1::TokenArguments arguments;
  if (!arguments.ParseFromString(change.command().arguments())) return;
  auto& tokens = tokens_[change.account()];
  const auto token = tokens.find(arguments.token_id());
  if (token == tokens.end()) return;
  auto& suspended = token->second.suspended;
  if (operation == kSuspend || operation == kRevoke) {
    suspended.push_back({ms, kForEver});
  } else if (operation == kResume && !suspended.empty()) {
    suspended.back().second = ms;
  }
}

const PinRevision* TrustHistory::FindPins(absl::string_view device,
                                          absl::string_view hash) const {
  const auto revisions = pins_.find(device);
  if (revisions == pins_.end()) return nullptr;
  for (const PinRevision& revision : revisions->second) {
    if (crypto::View(revision.pins.hash()) == hash) return &revision;
  }
  return nullptr;
}

std::vector<const PinRevision*> TrustHistory::PinsAt(absl::string_view device,
                                                     uint64_t ms) const {
  std::vector<const PinRevision*> found;
  const auto revisions = pins_.find(device);
  if (revisions == pins_.end()) return found;
  for (const PinRevision& revision : revisions->second) {
    if (revision.since_ms <= ms) found.push_back(&revision);
  }
  std::sort(found.begin(), found.end(), ByTime);
  return found;
}

std::vector<const KnownToken*> TrustHistory::TokensBefore(
    absl::string_view account, uint64_t ms) const {
  std::vector<const KnownToken*> found;
  const auto tokens = tokens_.find(account);
  if (tokens == tokens_.end()) return found;
  for (const auto& [id, token] : tokens->second) {
    if (token.since_ms < ms) found.push_back(&token);
  }
  return found;
}

const KnownToken* TrustHistory::FindToken(absl::string_view account,
                                          absl::string_view token_id) const {
  const auto tokens = tokens_.find(account);
  if (tokens == tokens_.end()) return nullptr;
  const auto token = tokens->second.find(token_id);
  return token == tokens->second.end() ? nullptr : &token->second;
}

std::vector<proof::AccountGateway> TrustHistory::Gateways() const {
  std::vector<proof::AccountGateway> gateways;
  for (const auto& [device, revisions] : pins_) {
    for (const PinRevision& revision : revisions) {
      for (const auto& pinned : revision.pins.fields().gateways()) {
        gateways.push_back(
            {pinned.id(), crypto::ToString(proof::ChannelKeyOf(pinned.point())),
             pinned.point()});
      }
    }
  }
  return gateways;
}

std::string TrustHistory::AnchorOf(
    absl::string_view account, const std::vector<std::string>& tokens) const {
  for (const std::string& id : tokens) {
    const KnownToken* token = FindToken(account, id);
    if (token != nullptr && !token->anchor.empty()) return token->anchor;
  }
  return "";
}

}  // namespace u2fi::audit
