#include "services/common/fido/stored_key.h"

#include "absl/strings/str_cat.h"
#include "services/common/crypto/hash.h"
#include "services/common/fido/cose_key_test_util.h"
#include "services/common/status/status_matchers.h"

namespace u2fi::fido {
namespace {

class StoredKeyTest : public testing::TestWithParam<AlgorithmCase> {
 protected:
  std::string Stored() const {
    const auto key = CredentialKey::FromCose(
        *ParseCbor(cbor::Map(CosePairsOf(key_, GetParam()))));
    EXPECT_OK(key);
    return key.ok() ? key->Stored() : "";
  }
  std::string Sign(const std::string& bytes) const {
    return key_.Sign(GetParam().signature, bytes);
  }

  const crypto::TestKey& key_ = TestKeyOf(GetParam());
  const std::string signed_ =
      absl::StrCat("data", crypto::View(crypto::Sha256("client data")));
};
INSTANTIATE_TEST_SUITE_P(All, StoredKeyTest,
                         testing::ValuesIn(kAlgorithmCases));

TEST_P(StoredKeyTest, AcceptsItsOwnSignature) {
  EXPECT_OK(CheckStoredKey(Stored(), signed_, Sign(signed_)));
}

TEST_P(StoredKeyTest, RefusesOtherBytes) {
  EXPECT_THAT(
      CheckStoredKey(Stored(), absl::StrCat("x", signed_), Sign(signed_)),
      HasReason(reason::kSignatureInvalid));
}

TEST_P(StoredKeyTest, RefusesBytesWithoutAHash) {
  EXPECT_THAT(CheckStoredKey(Stored(), "data", Sign("data")),
              HasReason(reason::kSignatureInvalid));
}

TEST_P(StoredKeyTest, RefusesAKeyThatIsNone) {
  EXPECT_FALSE(CheckStoredKey("key", signed_, Sign(signed_)).ok());
}

}  // namespace
}  // namespace u2fi::fido
