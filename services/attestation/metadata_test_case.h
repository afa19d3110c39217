#ifndef U2FI_SERVICES_ATTESTATION_METADATA_TEST_CASE_H_
#define U2FI_SERVICES_ATTESTATION_METADATA_TEST_CASE_H_

#include <string>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "nlohmann/json.hpp"
#include "services/attestation/webauthn_test_case.h"
#include "services/common/crypto/encoding.h"
#include "services/common/fido/metadata_blob.h"

namespace u2fi::attestation {

// A metadata service of its own, whose root two replicas believe.
class MetadataTestCase : public WebAuthnTestCase {
 protected:
  MetadataTestCase() {
    leaf_spec_.dns_names = {fido::kMetadataHost};
    // Its time is the replicas'.
    leaf_spec_.not_before = clock_.Now() - absl::Hours(1);
    leaf_spec_.not_after = clock_.Now() + absl::Hours(24 * 60);
  }

  static crypto::CertificateSpec RootSpec() {
    crypto::CertificateSpec spec;
    spec.subject = crypto::CommonName("Metadata Root");
    spec.serial = "\x01";
    spec.not_before = absl::FromUnixSeconds(0);
    spec.not_after = absl::FromUnixSeconds(4'000'000'000);
    spec.is_ca = true;
    return spec;
  }

  // An entry for a model; `status` as in a BLOB.
  static nlohmann::json Entry(const std::string& status) {
    nlohmann::json report, entry;
    report["status"] = status;
    entry["statusReports"] = nlohmann::json::array({report});
    nlohmann::json& statement = entry["metadataStatement"];
    statement["description"] = "Model A";
    statement["attestationTypes"] = nlohmann::json::array({"basic_full"});
    return entry;
  }
  static nlohmann::json EntryOfAaguid(const std::string& aaguid,
                                      const std::string& status) {
    const std::string hex = crypto::Hex(aaguid);
    nlohmann::json entry = Entry(status);
    entry["aaguid"] =
        absl::StrCat(hex.substr(0, 8), "-", hex.substr(8, 4), "-") +
        absl::StrCat(hex.substr(12, 4), "-", hex.substr(16, 4), "-",
                     hex.substr(20));
    return entry;
  }
  static nlohmann::json EntryOfKey(const std::string& key_id,
                                   const std::string& status) {
    nlohmann::json entry = Entry(status);
    entry["attestationCertificateKeyIdentifiers"] =
        nlohmann::json::array({key_id});
    return entry;
  }
  static void AddAnchor(nlohmann::json& entry,
                        const crypto::Certificate& root) {
    entry["metadataStatement"]["attestationRootCertificates"] =
        nlohmann::json::array({absl::Base64Escape(root.der())});
  }

  // A BLOB that the metadata service signs.
  std::string Blob(uint64_t number,
                   const std::vector<nlohmann::json>& entries) {
    const auto leaf = crypto::IssueCertificate(leaf_spec_, signer_.public_key(),
                                               root_, root_key_);
    nlohmann::json header, payload;
    header["alg"] = "ES256";
    header["x5c"] = nlohmann::json::array({absl::Base64Escape(leaf.der())});
    payload["no"] = number;
    payload["nextUpdate"] = "2033-05-18";
    payload["entries"] = entries;
    std::string blob = absl::StrCat(crypto::Base64Url(header.dump()), ".",
                                    crypto::Base64Url(payload.dump()));
    absl::StrAppend(&blob, ".",
                    crypto::Base64Url(crypto::RawSignature(
                        signer_.Sign(crypto::Sha256(blob)))));
    return blob;
  }

  AttestationParts PartsWith(audit::Decider& decider) {
    return {clock_, random_,  store_,    decider,          challenge_client_,
            kRpId,  AnyKey(), {kPortal}, kDefaultKeyCache, nullptr,
            {root_}};
  }

  const crypto::P256PrivateKey root_key_ = crypto::P256PrivateKey::Generate();
  const crypto::P256PrivateKey signer_ = crypto::P256PrivateKey::Generate();
  const crypto::Certificate root_ = crypto::SelfSigned(RootSpec(), root_key_);
  crypto::CertificateSpec leaf_spec_ = [] {
    crypto::CertificateSpec spec = RootSpec();
    spec.subject = crypto::CommonName("Metadata Signer");
    spec.is_ca = false;
    return spec;
  }();
  // Over the same store as core_, which believes no root of metadata.
  AttestationCore here_{PartsWith(deciders_)};
  AttestationCore there_{PartsWith(other_deciders_)};
  const rpc::Caller root_operator_ = rpc::TestCaller("operator/-/root");
};

}  // namespace u2fi::attestation

#endif  // U2FI_SERVICES_ATTESTATION_METADATA_TEST_CASE_H_
