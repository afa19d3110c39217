#include "services/common/fido/metadata_blob.h"

#include <functional>
#include <set>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "nlohmann/json.hpp"
#include "services/common/crypto/certificate_builder.h"
#include "services/common/crypto/encoding.h"
#include "services/common/crypto/key_test_util.h"
#include "services/common/fido/steps.h"
#include "services/common/status/status_matchers.h"

namespace u2fi::fido {
namespace {

using nlohmann::json;

const absl::Time kNow = absl::FromUnixSeconds(1700000000);

std::string Base64(absl::string_view bytes) {
  return absl::Base64Escape(bytes);
}

crypto::CertificateSpec Spec(absl::string_view name) {
  crypto::CertificateSpec spec;
  spec.subject = crypto::CommonName(name);
  spec.serial = "\x01";
  spec.not_before = kNow - absl::Hours(1);
  spec.not_after = kNow + absl::Hours(1);
  return spec;
}

// A valid BLOB. A fault changes one part before it is signed, or the text
// after.
struct Case {
  Case() {
    root_spec.is_ca = true;
    leaf_spec.dns_names = {kMetadataHost};
    in.now = kNow;
    in.number_in_use = 7;
    payload = json::parse(R"({"no": 8, "nextUpdate": "2023-12-01", "entries": [
      {"aaguid": "00112233-4455-6677-8899-aabbccddeeff",
       "statusReports": [{"status": "FIDO_CERTIFIED"}],
       "metadataStatement": {"description": "Model A",
         "attestationTypes": ["basic_full"],
         "authenticationAlgorithms": ["secp256r1_ecdsa_sha256_raw", "new"]}},
      {"attestationCertificateKeyIdentifiers":
         ["7C0903708B87115B0B422DEF3138C3C864E44573"],
       "statusReports": [{"status": "REVOKED"}, {"status": "UPDATE_AVAILABLE"}],
       "metadataStatement": {"attestationTypes": ["basic_surrogate"]}},
      {"aaid": "4e4e#4005"}]})");
    header = {{"alg", "ES256"}};
  }

  absl::StatusOr<MetadataBlob> Read() {
    const crypto::Certificate root = crypto::SelfSigned(root_spec, root_key);
    if (in.roots.empty()) in.roots = {root};
    const auto leaf = crypto::IssueCertificate(leaf_spec, leaf_key.public_key(),
                                               root, root_key);
    if (!header.contains("x5c")) header["x5c"] = {Base64(leaf.der())};
    blob = absl::StrCat(crypto::Base64Url(header.dump()), ".",
                        crypto::Base64Url(payload.dump()));
    const auto& signer = is_signed_by_root ? root_key : leaf_key;
    absl::StrAppend(&blob, ".",
                    crypto::Base64Url(crypto::RawSignature(
                        signer.Sign(crypto::Sha256(blob)))));
    if (after) after(blob);
    in.blob = blob;
    return ReadMetadataBlob(in);
  }

  MetadataBlobInputs in;
  crypto::P256PrivateKey root_key = crypto::P256PrivateKey::Generate();
  crypto::P256PrivateKey leaf_key = crypto::P256PrivateKey::Generate();
  crypto::CertificateSpec root_spec = Spec("root"), leaf_spec = Spec("leaf");
  json header, payload;
  bool is_signed_by_root = false;
  std::string blob;
  std::function<void(std::string&)> after;
};

TEST(MetadataBlobTest, AGoodOneGivesItsModels) {
  Case good;
  ASSERT_OK_AND_ASSIGN(MetadataBlob blob, good.Read());
  EXPECT_EQ(blob.number, 8u);
  EXPECT_EQ(blob.next_update, absl::FromUnixSeconds(1701388800));
  EXPECT_EQ(blob.table.size(), 2u);
  EXPECT_EQ(blob.skipped_entries, 1u);
  const MetadataEntry* model = blob.table.FindByAaguid(
      *crypto::FromHex("00112233445566778899aabbccddeeff"));
  ASSERT_NE(model, nullptr);
  EXPECT_EQ(model->description, "Model A");
  EXPECT_TRUE(model->has_basic_attestation);
  EXPECT_FALSE(model->has_self_attestation);
  EXPECT_FALSE(model->is_bad);
  EXPECT_THAT(model->algorithms, testing::ElementsAre(-7, 0));
}

TEST(MetadataBlobTest, AU2fModelIsFoundByItsKeyAndItsBadStatusIsKept) {
  Case good;
  ASSERT_OK_AND_ASSIGN(MetadataBlob blob, good.Read());
  const MetadataEntry* model =
      blob.table.FindByKeyId("7c0903708b87115b0b422def3138c3c864e44573");
  ASSERT_NE(model, nullptr);
  EXPECT_TRUE(model->is_bad);
  EXPECT_EQ(model->bad_status, "REVOKED");
  EXPECT_TRUE(model->has_self_attestation);
}

TEST(MetadataBlobTest, AnchorsThatCannotBeParsedAreLeftOut) {
  Case good;
  const std::string der =
      crypto::SelfSigned(Spec("anchor"), good.root_key).der();
  good.payload["entries"][0]["metadataStatement"]
              ["attestationRootCertificates"] = {"AA==", "!", Base64(der), 1};
  ASSERT_OK_AND_ASSIGN(MetadataBlob blob, good.Read());
  EXPECT_EQ(blob.skipped_certificates, 2u);
  EXPECT_EQ(blob.table.entries()[0].anchors.at(0).der(), der);
}

TEST(MetadataBlobTest, TheSameNumberMayBeReadAgain) {
  Case good;
  good.in.number_in_use = 8;
  EXPECT_OK(good.Read());
}

TEST(MetadataBlobTest, AZeroAaguidNamesNothing) {
  Case good;
  good.payload["entries"][0]["aaguid"] = "00000000-0000-0000-0000-000000000000";
  ASSERT_OK_AND_ASSIGN(MetadataBlob blob, good.Read());
  EXPECT_EQ(blob.table.FindByAaguid(std::string(16, '\0')), nullptr);
}

TEST(MetadataBlobTest, Rs256IsTaken) {
  const auto key = crypto::TestKey::Generate(crypto::KeyType::kRsa);
  const auto algorithm = crypto::SignatureAlgorithm::kRsaPkcs1Sha256;
  Case good;
  const crypto::Certificate root =
      crypto::SelfSigned(good.root_spec, good.root_key);
  good.header = {{"alg", "RS256"},
                 {"x5c",
                  {Base64(crypto::BuildCertificate(
                      good.leaf_spec, key.spki(), root.subject(),
                      crypto::SignerFor(good.root_key)))}}};
  good.after = [&](std::string& blob) {
    blob.resize(blob.rfind('.'));
    const std::string signature = key.Sign(algorithm, blob);
    absl::StrAppend(&blob, ".", crypto::Base64Url(signature));
  };
  EXPECT_OK(good.Read());
}

struct Fault {
  const char* name;
  const char* step;
  const Reason& reason;
  std::function<void(Case&)> apply;
};
void PrintTo(const Fault& fault, std::ostream* out) { *out << fault.name; }

const Fault kFaults[] = {
    {"TooLong", "blob_size", reason::kMetadataFormat,
     [](Case& c) {
       c.after = [](std::string& blob) { blob.resize(size_t{33} << 20); };
     }},
    {"TwoParts", "blob_jws", reason::kMetadataFormat,
     [](Case& c) {
       c.after = [](std::string& blob) { blob.resize(blob.rfind('.')); };
     }},
    {"NotBase64Url", "blob_jws", reason::kMetadataFormat,
     [](Case& c) { c.after = [](std::string& blob) { blob += "="; }; }},
    {"AlgorithmNone", "blob_header", reason::kMetadataFormat,
     [](Case& c) { c.header["alg"] = "none"; }},
    {"CriticalHeader", "blob_header", reason::kMetadataFormat,
     [](Case& c) { c.header["crit"] = {"b64"}; }},
    {"NoCertificates", "blob_header", reason::kMetadataFormat,
     [](Case& c) { c.header["x5c"] = json::array(); }},
    {"CertificateIsNoText", "blob_header", reason::kMetadataFormat,
     [](Case& c) { c.header["x5c"] = {1}; }},
    {"CertificateMalformed", "blob_header", reason::kMetadataFormat,
     [](Case& c) { c.header["x5c"] = {"AA=="}; }},
    {"AnotherRoot", "blob_chain", reason::kMetadataSignature,
     [](Case& c) {
       c.in.roots = {crypto::SelfSigned(c.root_spec, c.leaf_key)};
     }},
    {"LeafExpired", "blob_chain", reason::kMetadataSignature,
     [](Case& c) { c.leaf_spec.not_after = kNow - absl::Seconds(1); }},
    {"AnotherHost", "blob_signer", reason::kMetadataSignature,
     [](Case& c) { c.leaf_spec.dns_names = {"example.org"}; }},
    {"SignedByAnotherKey", "blob_signature", reason::kMetadataSignature,
     [](Case& c) { c.is_signed_by_root = true; }},
    {"PayloadChanged", "blob_signature", reason::kMetadataSignature,
     [](Case& c) {
       c.after = [](std::string& blob) {
         char& letter = blob[blob.find('.') + 6];
         letter = letter == 'A' ? 'B' : 'A';
       };
     }},
    {"SignatureOfAnotherSize", "blob_signature", reason::kMetadataSignature,
     [](Case& c) {
       c.after = [](std::string& blob) {
         blob.resize(blob.rfind('.'));
         blob += ".AAAA";
       };
     }},
    {"NumberMissing", "blob_payload", reason::kMetadataFormat,
     [](Case& c) { c.payload.erase("no"); }},
    {"NumberNegative", "blob_payload", reason::kMetadataFormat,
     [](Case& c) { c.payload["no"] = -1; }},
    {"EntriesMissing", "blob_payload", reason::kMetadataFormat,
     [](Case& c) { c.payload.erase("entries"); }},
    {"NextUpdateIsNoDate", "blob_payload", reason::kMetadataFormat,
     [](Case& c) { c.payload["nextUpdate"] = "soon"; }},
    {"NumberWentBack", "blob_number", reason::kMetadataRollback,
     [](Case& c) { c.in.number_in_use = 9; }},
};

class MetadataBlobFaultTest : public testing::TestWithParam<Fault> {};

TEST_P(MetadataBlobFaultTest, IsRefusedByItsStep) {
  Case spoiled;
  GetParam().apply(spoiled);
  const auto result = spoiled.Read();
  EXPECT_THAT(result, HasReason(GetParam().reason));
  EXPECT_EQ(StepOf(result.status()), GetParam().step);
}

INSTANTIATE_TEST_SUITE_P(All, MetadataBlobFaultTest, testing::ValuesIn(kFaults),
                         [](const auto& info) {
                           return std::string(info.param.name);
                         });

TEST(MetadataBlobTest, EveryStepHasAFault) {
  std::set<std::string> steps;
  for (const Fault& fault : kFaults) steps.insert(fault.step);
  for (const std::string& name : MetadataBlobStepNames()) {
    EXPECT_EQ(steps.count(name), 1u) << name;
  }
}

TEST(MetadataPayloadTest, EntriesOfAnyShapeAreSurvived) {
  constexpr char kMixed[] =
      R"({"aaguid":"00112233445566778899aabbccddeeff",)"
      R"("statusReports":[1,{"status":2}],"metadataStatement":[]})";
  for (const char* entry :
       {"1", "[]", "null", R"({"aaguid":1})", R"({"aaguid":"x"})",
        R"({"aaguid":"00112233445566778899aabbccddeeff","statusReports":1})",
        kMixed}) {
    EXPECT_OK(ParseMetadataPayload(absl::StrCat(
        R"({"no":1,"nextUpdate":"2023-12-01","entries":[)", entry, "]}")));
  }
}

// FIDO Registry of Predefined Values, 3.6.1: two names of what COSE has one
// for.
TEST(MetadataPayloadTest, BothNamesOfAnAlgorithmAreKnown) {
  ASSERT_OK_AND_ASSIGN(
      const MetadataBlob blob,
      ParseMetadataPayload(
          R"({"no":1,"nextUpdate":"2023-12-01","entries":[)"
          R"({"aaguid":"00112233445566778899aabbccddeeff","metadataStatement":)"
          R"({"authenticationAlgorithms":["rsa_emsa_pkcs1_sha256_raw",)"
          R"("rsa_emsa_pkcs1_sha256_der","rsassa_pss_sha256_der"]}}]})"));
  EXPECT_THAT(blob.table.entries()[0].algorithms,
              testing::ElementsAre(-257, -257, -37));
}

TEST(MetadataPayloadTest, AMemberTwiceIsRefused) {
  EXPECT_THAT(ParseMetadataPayload(
                  R"({"no":1,"no":2,"nextUpdate":"2023-12-01","entries":[]})"),
              HasReason(reason::kMetadataFormat));
}

}  // namespace
}  // namespace u2fi::fido
