// libfido2 believes the soft token: it talks to the real program through its
// custom transport hooks, and checks what the token signed with its own code.
#include <fido.h>
#include <fido/es256.h>

#include <atomic>
#include <cstring>
#include <memory>
#include <string>
#include <thread>

#include "gtest/gtest.h"
#include "services/common/crypto/certificate.h"
#include "services/common/crypto/hash.h"
#include "services/common/crypto/p256.h"
#include "services/common/status/status_matchers.h"
#include "services/common/time/clock.h"
#include "services/common/u2fhid/socket_transport.h"
#include "tests/integration/soft_token/soft_token_process.h"

namespace u2fi::soft_token {
namespace {

using u2fhid::SocketTransport;

constexpr char kRpId[] = "u2fi.example";
const std::string kClientDataHash(32, 'h');

// The hooks: libfido2 opens the socket at `path` and moves reports over it.
void* OpenWire(const char* path) {
  auto wire = SocketTransport::Connect(path, SystemClock());
  return wire.ok() ? wire->release() : nullptr;
}
void CloseWire(void* wire) { delete static_cast<SocketTransport*>(wire); }

// How many KEEPALIVE frames libfido2 has read.
std::atomic<int> keepalives{0};

int ReadReport(void* wire, unsigned char* out, size_t size, int millis) {
  const absl::Duration wait =
      millis < 0 ? absl::Seconds(20) : absl::Milliseconds(millis);
  const auto report = static_cast<SocketTransport*>(wire)->Receive(
      SystemClock().Uptime() + wait);
  if (!report.ok() || size < report->size()) return -1;
  if ((*report)[4] == 0xbb) ++keepalives;
  std::memcpy(out, report->data(), report->size());
  return static_cast<int>(report->size());
}

// libfido2 puts the report number in front, as hidraw wants it.
int WriteReport(void* wire, const unsigned char* bytes, size_t size) {
  const auto report = u2fhid::ReportFromBytes(
      {reinterpret_cast<const char*>(bytes) + 1, size - 1});
  if (!report.ok()) return -1;
  const absl::Status sent = static_cast<SocketTransport*>(wire)->Send(
      *report, SystemClock().Uptime() + absl::Seconds(20));
  return sent.ok() ? static_cast<int>(size) : -1;
}

struct CloseDevice {
  void operator()(fido_dev_t* device) const {
    fido_dev_close(device);
    fido_dev_free(&device);
  }
};
struct FreeCred {
  void operator()(fido_cred_t* cred) const { fido_cred_free(&cred); }
};
struct FreeAssert {
  void operator()(fido_assert_t* assertion) const {
    fido_assert_free(&assertion);
  }
};
using Device = std::unique_ptr<fido_dev_t, CloseDevice>;
using Cred = std::unique_ptr<fido_cred_t, FreeCred>;
using Assertion = std::unique_ptr<fido_assert_t, FreeAssert>;

const unsigned char* Bytes(const std::string& text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}
std::string Text(const unsigned char* bytes, size_t size) {
  return std::string(reinterpret_cast<const char*>(bytes), size);
}

class Libfido2Test : public testing::Test {
 protected:
  static void SetUpTestSuite() { fido_init(0); }

  void Start(const std::vector<std::string>& flags) {
    ASSERT_OK(process_.Start(flags));
    device_ = Open();
  }
  Device Open() {
    Device device(fido_dev_new());
    fido_dev_io_t io = {OpenWire, CloseWire, ReadReport, WriteReport};
    EXPECT_EQ(fido_dev_set_io_functions(device.get(), &io), FIDO_OK);
    EXPECT_EQ(fido_dev_open(device.get(), process_.socket().c_str()), FIDO_OK);
    return device;
  }
  Cred MakeCred(const char* pin = nullptr) {
    Cred cred(fido_cred_new());
    fido_cred_set_type(cred.get(), COSE_ES256);
    fido_cred_set_rp(cred.get(), kRpId, "U2Fi");
    fido_cred_set_user(cred.get(), Bytes("user"), 4, "user", nullptr, nullptr);
    fido_cred_set_clientdata_hash(cred.get(), Bytes(kClientDataHash),
                                  kClientDataHash.size());
    EXPECT_EQ(fido_dev_make_cred(device_.get(), cred.get(), pin), FIDO_OK);
    return cred;
  }
  // Asks for a signature by the credential with this id; the libfido2 error.
  int Ask(const std::string& id, Assertion* assertion,
          const char* pin = nullptr) {
    assertion->reset(fido_assert_new());
    fido_assert_set_rp(assertion->get(), kRpId);
    fido_assert_set_clientdata_hash(assertion->get(), Bytes(kClientDataHash),
                                    kClientDataHash.size());
    fido_assert_allow_cred(assertion->get(), Bytes(id), id.size());
    fido_assert_set_up(assertion->get(), FIDO_OPT_TRUE);
    if (pin != nullptr) fido_assert_set_uv(assertion->get(), FIDO_OPT_TRUE);
    return fido_dev_get_assert(device_.get(), assertion->get(), pin);
  }
  static std::string IdOf(const Cred& cred) {
    return Text(fido_cred_id_ptr(cred.get()), fido_cred_id_len(cred.get()));
  }
  // libfido2's own check of the signature.
  static int Verify(const Cred& cred, const Assertion& assertion) {
    es256_pk_t* key = es256_pk_new();
    es256_pk_from_ptr(key, fido_cred_pubkey_ptr(cred.get()),
                      fido_cred_pubkey_len(cred.get()));
    const int result = fido_assert_verify(assertion.get(), 0, COSE_ES256, key);
    es256_pk_free(&key);
    return result;
  }
  // The same by our code.
  static absl::Status VerifyByOurselves(const Cred& cred,
                                        const Assertion& assertion) {
    const auto key = crypto::P256PublicKey::FromPoint(
        "\x04" + Text(fido_cred_pubkey_ptr(cred.get()), 64));
    EXPECT_OK(key);
    // libfido2 wraps the 37 bytes into a CBOR byte string: 0x58, 37.
    const std::string data =
        Text(fido_assert_authdata_ptr(assertion.get(), 0), 39).substr(2);
    return key->Verify(crypto::Sha256({data, kClientDataHash}),
                       Text(fido_assert_sig_ptr(assertion.get(), 0),
                            fido_assert_sig_len(assertion.get(), 0)));
  }

  int Retries() {
    int retries = -1;
    EXPECT_EQ(fido_dev_get_retry_count(device_.get(), &retries), FIDO_OK);
    return retries;
  }

  SoftTokenProcess process_;
  Device device_;
};

TEST_F(Libfido2Test, SeesAU2fTokenThatWinks) {
  Start({});
  EXPECT_FALSE(fido_dev_is_fido2(device_.get()));
  EXPECT_EQ(fido_dev_protocol(device_.get()), 2);
  EXPECT_EQ(fido_dev_flags(device_.get()), FIDO_CAP_WINK);
}

TEST_F(Libfido2Test, VerifiesARegistrationAndAnAssertion) {
  Start({"--touch=auto"});
  const Cred cred = MakeCred();
  EXPECT_STREQ(fido_cred_fmt(cred.get()), "fido-u2f");
  EXPECT_EQ(fido_cred_verify(cred.get()), FIDO_OK);
  Assertion assertion;
  ASSERT_EQ(Ask(IdOf(cred), &assertion), FIDO_OK);
  EXPECT_EQ(Verify(cred, assertion), FIDO_OK);
  EXPECT_OK(VerifyByOurselves(cred, assertion));
}

TEST_F(Libfido2Test, ReadsTheAttestationCertificate) {
  Start({"--touch=auto"});
  const Cred cred = MakeCred();
  ASSERT_OK_AND_ASSIGN(
      const auto certificate,
      crypto::Certificate::FromDer(
          Text(fido_cred_x5c_ptr(cred.get()), fido_cred_x5c_len(cred.get()))));
  EXPECT_EQ(certificate.SubjectAttribute(crypto::kOidCommonName),
            "U2Fi Soft Token");
}

TEST_F(Libfido2Test, SeesTheCounterGoUp) {
  Start({"--touch=auto"});
  const Cred cred = MakeCred();
  Assertion first;
  Assertion second;
  ASSERT_EQ(Ask(IdOf(cred), &first), FIDO_OK);
  ASSERT_EQ(Ask(IdOf(cred), &second), FIDO_OK);
  EXPECT_GT(fido_assert_sigcount(second.get(), 0),
            fido_assert_sigcount(first.get(), 0));
}

TEST_F(Libfido2Test, NoticesASignatureByAnotherKey) {
  Start({"--touch=auto"});
  const Cred cred = MakeCred();
  ASSERT_OK(process_.Control("fault foreign"));
  Assertion assertion;
  ASSERT_EQ(Ask(IdOf(cred), &assertion), FIDO_OK);
  EXPECT_EQ(Verify(cred, assertion), FIDO_ERR_INVALID_SIG);
  EXPECT_THAT(VerifyByOurselves(cred, assertion),
              HasReason(reason::kSignatureInvalid));
}

TEST_F(Libfido2Test, IsToldThatAKeyHandleIsNotOurs) {
  Start({"--touch=auto"});
  Assertion assertion;
  EXPECT_EQ(Ask(std::string(64, 'x'), &assertion), FIDO_ERR_NO_CREDENTIALS);
}

TEST_F(Libfido2Test, WaitsForATouchThatComesLater) {
  Start({});
  std::thread person([this] {
    EXPECT_OK(process_.AwaitState("wanted=yes"));
    EXPECT_OK(process_.Control("touch"));
  });
  const Cred cred = MakeCred();
  person.join();
  EXPECT_EQ(fido_cred_verify(cred.get()), FIDO_OK);
}

TEST_F(Libfido2Test, WaitsOutKeepalives) {
  Start({"--hold"});
  keepalives = 0;
  std::thread person([this] {
    EXPECT_OK(process_.AwaitState("wanted=yes"));
    while (keepalives < 2) std::this_thread::yield();
    EXPECT_OK(process_.Control("touch"));
  });
  const Cred cred = MakeCred();
  person.join();
  EXPECT_EQ(fido_cred_verify(cred.get()), FIDO_OK);
}

TEST_F(Libfido2Test, SeesATokenThatSpeaksCtap2Alone) {
  Start({"--fido2-only"});
  EXPECT_TRUE(fido_dev_is_fido2(device_.get()));
  EXPECT_EQ(fido_dev_flags(device_.get()),
            FIDO_CAP_WINK | FIDO_CAP_CBOR | FIDO_CAP_NMSG);
}

TEST_F(Libfido2Test, VerifiesACtap2CredentialAndAnAssertion) {
  Start({"--fido2-only", "--touch=auto"});
  const Cred cred = MakeCred();
  EXPECT_STREQ(fido_cred_fmt(cred.get()), "packed");
  EXPECT_EQ(fido_cred_verify_self(cred.get()), FIDO_OK);
  Assertion assertion;
  ASSERT_EQ(Ask(IdOf(cred), &assertion), FIDO_OK);
  EXPECT_EQ(Verify(cred, assertion), FIDO_OK);
  EXPECT_OK(VerifyByOurselves(cred, assertion));
}

TEST_F(Libfido2Test, WaitsForATouchOverCtap2) {
  Start({"--ctap2"});
  keepalives = 0;
  std::thread person([this] {
    EXPECT_OK(process_.AwaitState("wanted=yes"));
    while (keepalives < 2) std::this_thread::yield();
    EXPECT_OK(process_.Control("touch"));
  });
  const Cred cred = MakeCred();
  person.join();
  EXPECT_EQ(fido_cred_verify_self(cred.get()), FIDO_OK);
}

// One key pair, asked both ways.
TEST_F(Libfido2Test, ACtap2CredentialAnswersOverU2fToo) {
  Start({"--ctap2", "--touch=auto"});
  const Cred cred = MakeCred();
  ASSERT_STREQ(fido_cred_fmt(cred.get()), "packed");
  fido_dev_force_u2f(device_.get());
  Assertion assertion;
  ASSERT_EQ(Ask(IdOf(cred), &assertion), FIDO_OK);
  EXPECT_EQ(Verify(cred, assertion), FIDO_OK);
}

TEST_F(Libfido2Test, IsToldThatACredentialIsNotOurs) {
  Start({"--fido2-only", "--touch=auto"});
  Assertion assertion;
  EXPECT_EQ(Ask(std::string(64, 'x'), &assertion), FIDO_ERR_NO_CREDENTIALS);
}

TEST_F(Libfido2Test, SetsAndChangesAPin) {
  Start({"--fido2-only"});
  EXPECT_FALSE(fido_dev_has_pin(device_.get()));
  EXPECT_EQ(fido_dev_set_pin(device_.get(), "tulip-7", nullptr), FIDO_OK);
  device_ = Open();
  EXPECT_TRUE(fido_dev_has_pin(device_.get()));
  EXPECT_EQ(fido_dev_set_pin(device_.get(), "rose-11", "wrong"),
            FIDO_ERR_PIN_INVALID);
  EXPECT_EQ(Retries(), 7);
  EXPECT_EQ(fido_dev_set_pin(device_.get(), "rose-11", "tulip-7"), FIDO_OK);
  EXPECT_EQ(Retries(), 8);
}

TEST_F(Libfido2Test, VerifiesAUserByAPin) {
  Start({"--fido2-only", "--touch=auto"});
  ASSERT_EQ(fido_dev_set_pin(device_.get(), "tulip-7", nullptr), FIDO_OK);
  device_ = Open();
  const Cred cred = MakeCred("tulip-7");
  EXPECT_EQ(fido_cred_verify_self(cred.get()), FIDO_OK);
  EXPECT_EQ(fido_cred_flags(cred.get()), 0x45);
  Assertion assertion;
  ASSERT_EQ(Ask(IdOf(cred), &assertion, "tulip-7"), FIDO_OK);
  EXPECT_EQ(Verify(cred, assertion), FIDO_OK);
  EXPECT_EQ(fido_assert_flags(assertion.get(), 0), 0x05);
  EXPECT_EQ(Ask(IdOf(cred), &assertion, "wrong"), FIDO_ERR_PIN_INVALID);
  EXPECT_EQ(Ask(IdOf(cred), &assertion), FIDO_OK);
  EXPECT_EQ(fido_assert_flags(assertion.get(), 0), 0x01);
}

TEST_F(Libfido2Test, IsToldWhenThePinIsBlocked) {
  Start({"--fido2-only", "--touch=auto"});
  ASSERT_EQ(fido_dev_set_pin(device_.get(), "tulip-7", nullptr), FIDO_OK);
  device_ = Open();
  const std::string id(64, 'x');
  Assertion assertion;
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(Ask(id, &assertion, "wrong"), FIDO_ERR_PIN_INVALID);
  }
  EXPECT_EQ(Ask(id, &assertion, "wrong"), FIDO_ERR_PIN_AUTH_BLOCKED);
  EXPECT_EQ(Ask(id, &assertion, "tulip-7"), FIDO_ERR_PIN_AUTH_BLOCKED);
  ASSERT_OK(process_.Control("unplug"));
  ASSERT_OK(process_.Control("plug"));
  device_ = Open();
  EXPECT_EQ(Ask(id, &assertion, "tulip-7"), FIDO_ERR_NO_CREDENTIALS);
}

TEST_F(Libfido2Test, SeesTheTokenGo) {
  Start({});
  ASSERT_OK(process_.Control("unplug"));
  Assertion assertion;
  EXPECT_NE(Ask(std::string(64, 'x'), &assertion), FIDO_OK);
}

}  // namespace
}  // namespace u2fi::soft_token
