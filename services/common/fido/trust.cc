#include "services/common/fido/trust.h"

#include <algorithm>

#include "services/common/crypto/certificate_chain.h"
#include "services/common/crypto/encoding.h"
#include "services/common/crypto/hash_algorithm.h"
#include "services/common/status/error.h"
#include "services/common/status/status_macros.h"

namespace u2fi::fido {
namespace {

using crypto::Certificate;

// Source: Yubico's own list of certificates with a wrong count of unused bits
// (python-u2flib-server, java-webauthn-server).
constexpr const char* kYubicoUnusedBits[] = {
    "Yubico U2F EE Serial 776137165",   "Yubico U2F EE Serial 1086591525",
    "Yubico U2F EE Serial 1973679733",  "Yubico U2F EE Serial 13503277888",
    "Yubico U2F EE Serial 13831167861", "Yubico U2F EE Serial 14803321578",
};
constexpr char kYubicoRoot[] = "Yubico U2F Root CA Serial 457200631";

absl::Status Untrusted(absl::string_view problem) {
  return Error(reason::kAttestationUntrusted, problem);
}

bool IsKnownUnusedBits(const Certificate& certificate) {
  const std::string name =
      certificate.SubjectAttribute(crypto::kOidCommonName).value_or("");
  return std::find(std::begin(kYubicoUnusedBits), std::end(kYubicoUnusedBits),
                   name) != std::end(kYubicoUnusedBits);
}

bool IsNamedYubicoRoot(const Certificate& certificate) {
  return certificate.SubjectAttribute(crypto::kOidCommonName) == kYubicoRoot;
}

bool IsSignedByYubicoRoot(const Certificate& certificate,
                          const std::vector<TrustAnchor>& anchors) {
  for (const TrustAnchor& anchor : anchors) {
    if (IsNamedYubicoRoot(anchor.certificate) &&
        certificate.CheckSignedBy(anchor.certificate).ok()) {
      return true;
    }
  }
  return false;
}

const MetadataEntry* FindModel(const AttestationEvidence& evidence,
                               const TrustPolicy& policy) {
  if (policy.metadata == nullptr) return nullptr;
  const MetadataEntry* entry = policy.metadata->FindByAaguid(evidence.aaguid);
  if (entry != nullptr || evidence.chain.empty()) return entry;
  return policy.metadata->FindByKeyId(AttestationKeyId(evidence.chain[0]));
}

std::vector<Certificate> AnchorsFor(const AttestationEvidence& evidence,
                                    const TrustPolicy& policy) {
  std::vector<Certificate> anchors;
  for (const TrustAnchor& anchor : policy.anchors) {
    if (anchor.formats.empty() ||
        std::find(anchor.formats.begin(), anchor.formats.end(),
                  evidence.format) != anchor.formats.end()) {
      anchors.push_back(anchor.certificate);
    }
  }
  return anchors;
}

bool ChecksLeafDates(const AttestationEvidence& evidence,
                     const TrustPolicy& policy) {
  const auto& undated = policy.undated_formats;
  return policy.check_leaf_dates && std::find(undated.begin(), undated.end(),
                                              evidence.format) == undated.end();
}

// A model that is bad is refused whoever vouches for it.
absl::Status CheckNotBad(const AttestationEvidence& evidence,
                         const TrustPolicy& policy) {
  if (policy.metadata == nullptr) return absl::OkStatus();
  const MetadataEntry* bad = policy.metadata->FindBad(
      evidence.aaguid,
      evidence.chain.empty() ? "" : AttestationKeyId(evidence.chain[0]));
  if (bad == nullptr) return absl::OkStatus();
  return Error(reason::kAttestationRevoked, "metadata calls the model bad",
               {{"status", bad->bad_status}});
}

absl::Status CheckModel(const AttestationEvidence& evidence,
                        const MetadataEntry& model) {
  const bool says_type =
      model.has_basic_attestation || model.has_self_attestation;
  const bool has_type = evidence.chain.empty() ? model.has_self_attestation
                                               : model.has_basic_attestation;
  const bool has_algorithm =
      model.algorithms.empty() ||
      std::find(model.algorithms.begin(), model.algorithms.end(),
                evidence.algorithm) != model.algorithms.end();
  if ((says_type && !has_type) || !has_algorithm) {
    return Error(reason::kMetadataMismatch,
                 "metadata knows no such attestation for the model");
  }
  return absl::OkStatus();
}

bool IsZero(absl::string_view aaguid) {
  return aaguid.find_first_not_of('\0') == absl::string_view::npos;
}

// Who holds an anchored key of one vendor could claim another's AAGUID.
bool ProvesAaguid(const AttestationEvidence& evidence, TrustLevel level,
                  const MetadataEntry* model) {
  if (level < TrustLevel::kAttested) return false;
  if (model == nullptr) return true;
  // A model of U2F has none.
  if (model->aaguid.empty()) return IsZero(evidence.aaguid);
  return model->aaguid == evidence.aaguid &&
         (level == TrustLevel::kModel || model->anchors.empty());
}

// The level of a chain: only metadata's own anchors prove the model.
absl::StatusOr<TrustLevel> JudgeChain(const AttestationEvidence& evidence,
                                      const TrustPolicy& policy,
                                      const MetadataEntry* model) {
  const crypto::ChainOptions options{policy.now,
                                     ChecksLeafDates(evidence, policy)};
  if (model != nullptr &&
      crypto::FollowChain(evidence.chain, model->anchors, options).ok()) {
    return TrustLevel::kModel;
  }
  const auto anchor = crypto::FollowChain(
      evidence.chain, AnchorsFor(evidence, policy), options);
  if (anchor.ok()) return TrustLevel::kAttested;
  if (policy.accept_untrusted) return TrustLevel::kNone;
  return Untrusted(anchor.status().message());
}

}  // namespace

absl::StatusOr<TrustVerdict> JudgeTrust(const AttestationEvidence& evidence,
                                        const TrustPolicy& policy) {
  TrustVerdict verdict;
  const bool is_attested = !evidence.chain.empty() || evidence.is_self;
  const MetadataEntry* model =
      is_attested ? FindModel(evidence, policy) : nullptr;
  if (evidence.chain.empty()) {
    verdict.level = evidence.is_self ? TrustLevel::kSelf : TrustLevel::kNone;
  } else {
    ASSIGN_OR_RETURN(verdict.level, JudgeChain(evidence, policy, model));
  }
  RETURN_IF_ERROR(CheckNotBad(evidence, policy));
  // What else metadata says does not count for a name that nothing proves.
  if (model != nullptr && verdict.level > TrustLevel::kNone) {
    RETURN_IF_ERROR(CheckModel(evidence, *model));
  }
  verdict.proves_aaguid = ProvesAaguid(evidence, verdict.level, model);
  if (verdict.level == TrustLevel::kModel) {
    verdict.model_description = model->description;
  }
  if (verdict.level < policy.least) {
    return Untrusted("the token's origin is not proved as far as required");
  }
  return verdict;
}

std::string AttestationKeyId(const Certificate& leaf) {
  return crypto::Hex(
      crypto::Hash(crypto::HashAlgorithm::kSha1, leaf.key_bits()));
}

std::vector<TrustAnchor> RepairAnchors(const TrustPolicy& policy) {
  std::vector<TrustAnchor> anchors = policy.anchors;
  if (policy.metadata == nullptr) return anchors;
  for (const MetadataEntry& entry : policy.metadata->entries()) {
    for (const Certificate& anchor : entry.anchors) {
      if (IsNamedYubicoRoot(anchor)) anchors.push_back({anchor, {}});
    }
  }
  return anchors;
}

absl::StatusOr<Certificate> ParseAttestationCertificate(
    absl::string_view der, const std::vector<TrustAnchor>& anchors) {
  absl::StatusOr<Certificate> parsed = Certificate::FromDer(der);
  if (parsed.ok()) return parsed;
  const auto repaired = crypto::WithoutUnusedBits(der);
  if (!repaired.has_value()) return parsed;
  absl::StatusOr<Certificate> certificate = Certificate::FromDer(*repaired);
  if (certificate.ok() && IsKnownUnusedBits(*certificate) &&
      IsSignedByYubicoRoot(*certificate, anchors)) {
    return certificate;
  }
  return parsed;
}

}  // namespace u2fi::fido
