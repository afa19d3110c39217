#include "services/common/crypto/tls_client.h"

#include "services/common/status/status_matchers.h"

namespace u2fi::crypto {
namespace {

// Handshakes are tested where there are servers: tests/contract/store.
constexpr char kSystemCas[] = "/etc/ssl/certs/ca-certificates.crt";

TEST(TlsClientTest, NamesTheFileThatCannotBeUsed) {
  const absl::Status no_ca =
      TlsClient::Make({"/does/not/exist.pem", "", ""}).status();
  EXPECT_THAT(no_ca, StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_NE(no_ca.message().find("/does/not/exist.pem"),
            absl::string_view::npos);
}

TEST(TlsClientTest, CertificateAndKeyComeTogether) {
  EXPECT_FALSE(TlsClient::Make({kSystemCas, "/no/cert.pem", ""}).ok());
  EXPECT_FALSE(TlsClient::Make({kSystemCas, "", "/no/key.pem"}).ok());
}

TEST(TlsClientTest, ASessionIsForAHost) {
  ASSERT_OK_AND_ASSIGN(const std::unique_ptr<TlsClient> client,
                       TlsClient::Make({kSystemCas, "", ""}));
  EXPECT_OK(client->NewSession("redis.example"));
  EXPECT_OK(client->NewSession("127.0.0.1"));
  EXPECT_OK(client->NewSession("::1"));
  EXPECT_FALSE(client->NewSession("").ok());
}

}  // namespace
}  // namespace u2fi::crypto
