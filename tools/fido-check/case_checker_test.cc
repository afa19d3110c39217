#include "tools/fido-check/case_checker.h"

#include <fstream>

#include "gtest/gtest.h"
#include "services/common/crypto/encoding.h"

namespace u2fi::fido_check {
namespace {

using nlohmann::json;

const absl::Time kNow = absl::FromUnixSeconds(1750000000);

json Load(const std::string& path) {
  std::ifstream file(path);
  return json::parse(file)["cases"];
}
const json& U2fCases() {
  static const json& cases =
      *new json(Load("tests/vectors/u2f/raw_messages.json"));
  return cases;
}
const json& WebAuthnCases() {
  static const json& cases =
      *new json(Load("tests/vectors/webauthn/w3c_l3.json"));
  return cases;
}
const json& RecordedCases() {
  static const json& cases = *new json([] {
    json both = Load("tests/vectors/u2f/recorded.json");
    for (json& one_case : Load("tests/vectors/webauthn/recorded.json")) {
      both.push_back(std::move(one_case));
    }
    return both;
  }());
  return cases;
}
json Named(const json& cases, const std::string& name) {
  for (const json& one_case : cases) {
    if (one_case["name"] == name) return one_case;
  }
  ADD_FAILURE() << "no case " << name;
  return json::object();
}

class VectorTest : public testing::TestWithParam<json> {};

// What the source expects; where that depends on policy, ours.
TEST_P(VectorTest, GetsItsVerdict) {
  const json& one_case = GetParam();
  const CaseVerdict verdict = CheckCase(one_case, kNow);
  const std::string expect = one_case["expect"];
  if (expect != "policy") {
    EXPECT_EQ(verdict.is_accepted, expect == "accept") << verdict.message;
  }
  if (one_case.contains("expect_error")) {
    EXPECT_EQ(verdict.reason, one_case["expect_error"]);
  }
  EXPECT_EQ(verdict.reason.empty(), verdict.is_accepted);
}

std::string TestName(const testing::TestParamInfo<json>& info) {
  std::string name = info.param["name"];
  for (char& c : name) {
    if (!isalnum(static_cast<unsigned char>(c))) c = '_';
  }
  return name;
}
INSTANTIATE_TEST_SUITE_P(U2f, VectorTest, testing::ValuesIn(U2fCases()),
                         TestName);
INSTANTIATE_TEST_SUITE_P(WebAuthn, VectorTest,
                         testing::ValuesIn(WebAuthnCases()), TestName);

INSTANTIATE_TEST_SUITE_P(Recorded, VectorTest,
                         testing::ValuesIn(RecordedCases()), TestName);

INSTANTIATE_TEST_SUITE_P(
    Made, VectorTest,
    testing::ValuesIn(Load("tests/vectors/webauthn/made.json")), TestName);

// The cases whose verdict depends on policy.
TEST(PolicyVectorTest, UnsupportedAlgorithmsAreRefusedByName) {
  for (const char* name : {"w3c_reg/packed-es512", "w3c_auth/packed-es512",
                           "w3c_reg/packed-ed448", "w3c_auth/packed-ed448"}) {
    const CaseVerdict verdict = CheckCase(Named(WebAuthnCases(), name), kNow);
    EXPECT_EQ(verdict.reason, "ALG_NOT_ALLOWED") << name;
    EXPECT_NE(verdict.message.find(std::string(name).find("es512") !=
                                           std::string::npos
                                       ? "ES512"
                                       : "Ed448"),
              std::string::npos)
        << verdict.message;
  }
}

TEST(PolicyVectorTest, TheSyntheticTpmIsTakenAndTheSyntheticAndroidIsNot) {
  EXPECT_TRUE(
      CheckCase(Named(WebAuthnCases(), "w3c_reg/tpm-es256"), kNow).is_accepted);
  const CaseVerdict android =
      CheckCase(Named(WebAuthnCases(), "w3c_reg/android-key-es256"), kNow);
  EXPECT_EQ(android.reason, "ATTESTATION_STATEMENT_INVALID");
}

// Changes of a good case, and the reason that must follow.
struct Change {
  const char* name;
  const char* of;
  json patch;
  const char* reason;
};
void PrintTo(const Change& change, std::ostream* out) { *out << change.name; }

class ChangedVectorTest : public testing::TestWithParam<Change> {};

TEST_P(ChangedVectorTest, GivesItsReason) {
  const std::string of = GetParam().of;
  json one_case =
      Named(of.rfind("w3c", 0) == 0 ? WebAuthnCases() : U2fCases(), of);
  one_case.merge_patch(GetParam().patch);
  EXPECT_EQ(CheckCase(one_case, kNow).reason, GetParam().reason);
}

const std::string& kOtherRoot =
    *new std::string(Named(U2fCases(), "register_2")["trusted_cert_der_hex"]);

INSTANTIATE_TEST_SUITE_P(
    All, ChangedVectorTest,
    testing::Values(Change{"AnotherAppId",
                           "spec_register",
                           {{"app_id", "x"}},
                           "SIGNATURE_INVALID"},
                    Change{"AnotherFacet",
                           "spec_register",
                           {{"facet_origin", "x"}},
                           "ORIGIN_MISMATCH"},
                    Change{"AnotherChallenge",
                           "spec_register",
                           {{"challenge_b64u", "eA"}},
                           "CHALLENGE_MISMATCH"},
                    Change{"AnotherAnchor",
                           "spec_register",
                           {{"trusted_cert_der_hex", kOtherRoot}},
                           "ATTESTATION_UNTRUSTED"},
                    Change{"AnAnchorThatIsNone",
                           "spec_register",
                           {{"trusted_cert_der_hex", "00"}},
                           "ATTESTATION_UNTRUSTED"},
                    Change{"NoAnchor",
                           "spec_register",
                           {{"trusted_cert_der_hex", nullptr}},
                           ""},
                    Change{"BadHex",
                           "spec_register",
                           {{"registration_data_hex", "xx"}},
                           "RESPONSE_FORMAT"},
                    Change{"NoResponse",
                           "spec_register",
                           {{"registration_data_hex", nullptr}},
                           "FORMAT"},
                    Change{"CounterAsStored",
                           "spec_authenticate",
                           {{"stored_counter", 1}},
                           "COUNTER_REGRESSION"},
                    Change{"NoStoredCounter",
                           "spec_authenticate",
                           {{"stored_counter", nullptr}},
                           ""},
                    Change{"NoKeyHandle",
                           "spec_authenticate",
                           {{"key_handle_hex", nullptr}},
                           ""},
                    Change{"NoKey",
                           "spec_authenticate",
                           {{"public_key_hex", nullptr}},
                           "PUBLIC_KEY_INVALID"},
                    Change{"ShortKey",
                           "spec_authenticate",
                           {{"public_key_hex", "04"}},
                           "PUBLIC_KEY_INVALID"},
                    Change{"AShortAnswer",
                           "spec_authenticate",
                           {{"signature_data_hex", "0100000001"}},
                           "FORMAT"},
                    Change{"CounterIsText",
                           "spec_authenticate",
                           {{"stored_counter", "1"}},
                           "RESPONSE_FORMAT"},
                    Change{"AnotherRpId",
                           "w3c_reg/none-es256",
                           {{"rp_id", "x"}},
                           "RP_ID_HASH_MISMATCH"},
                    Change{"NotOffered",
                           "w3c_reg/none-es256",
                           {{"allowed_algs", {-257}}},
                           "ALG_NOT_ALLOWED"},
                    Change{"VerificationRequired",
                           "w3c_auth/packed-self-es256",
                           {{"uv_policy", "required"}},
                           "USER_VERIFICATION"},
                    Change{"VerificationPreferred",
                           "w3c_auth/packed-self-es256",
                           {{"uv_policy", "preferred"}},
                           ""},
                    Change{"AnotherRoot",
                           "w3c_reg/packed-es256",
                           {{"trust_anchors_der_hex", {kOtherRoot}}},
                           "ATTESTATION_UNTRUSTED"},
                    Change{"NoRoot",
                           "w3c_reg/packed-es256",
                           {{"trust_anchors_der_hex", json::array()}},
                           ""},
                    Change{"NoStoredEligibility",
                           "w3c_auth/none-es256",
                           {{"stored_backup_eligible", nullptr}},
                           ""},
                    Change{"AnotherEligibility",
                           "w3c_auth/none-es256",
                           {{"stored_backup_eligible", false}},
                           "BACKUP_FLAGS_INVALID"},
                    Change{"AppIdOutput",
                           "w3c_auth/fido-u2f-es256",
                           {{"rp_id", "x"},
                            {"appid", "example.org"},
                            {"appid_output", true}},
                           ""},
                    Change{"AppIdWithoutOutput",
                           "w3c_auth/fido-u2f-es256",
                           {{"rp_id", "x"}, {"appid", "example.org"}},
                           "RP_ID_HASH_MISMATCH"},
                    Change{"TopOriginNotListed",
                           "w3c_auth/none-es256-topOrigin/cross-allowed",
                           {{"allowed_top_origins", {"https://x"}}},
                           "TOP_ORIGIN_MISMATCH"},
                    Change{"UnknownKind",
                           "spec_register",
                           {{"kind", "x"}},
                           "RESPONSE_FORMAT"}),
    [](const auto& info) { return std::string(info.param.name); });

TEST(CaseCheckerTest, WhatIsNoCaseIsRefused) {
  for (const json& value : {json(1), json::array(), json::object()}) {
    EXPECT_EQ(CheckCase(value, kNow).reason, "RESPONSE_FORMAT");
  }
}

TEST(CaseCheckerTest, CertificatesAreJudgedAtTheTime) {
  const json one_case = Named(WebAuthnCases(), "w3c_reg/packed-es256");
  EXPECT_EQ(CheckCase(one_case, absl::UnixEpoch()).reason,
            "ATTESTATION_UNTRUSTED");
}

}  // namespace
}  // namespace u2fi::fido_check
