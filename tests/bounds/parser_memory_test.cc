// The memory that parsers of untrusted bytes take at most, as their headers and
// READMEs state it: the costliest input of each that its limits let through or
// that it reads far into before it refuses. Counts what C++ allocates.
#include <malloc.h>

#include <atomic>
#include <cstdlib>
#include <functional>
#include <new>
#include <string>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "services/command-gate/id_token.h"
#include "services/common/crypto/certificate_builder.h"
#include "services/common/crypto/encoding.h"
#include "services/common/fido/attestation_object.h"
#include "services/common/fido/authenticator_data.h"
#include "services/common/fido/cbor.h"
#include "services/common/fido/client_data.h"
#include "services/common/fido/fake_u2f_token.h"
#include "services/common/fido/metadata_blob.h"
#include "services/common/fido/u2f_messages.h"

namespace {

std::atomic<size_t> used{0};
std::atomic<size_t> peak{0};

void* Allocate(size_t size) {
  void* const memory = std::malloc(size == 0 ? 1 : size);
  if (memory == nullptr) std::abort();
  const size_t now = used += malloc_usable_size(memory);
  if (now > peak) peak = now;
  return memory;
}

void Free(void* memory) {
  if (memory == nullptr) return;
  used -= malloc_usable_size(memory);
  std::free(memory);
}

}  // namespace

void* operator new(size_t size) { return Allocate(size); }
void* operator new[](size_t size) { return Allocate(size); }
void operator delete(void* memory) noexcept { Free(memory); }
void operator delete[](void* memory) noexcept { Free(memory); }
void operator delete(void* memory, size_t) noexcept { Free(memory); }
void operator delete[](void* memory, size_t) noexcept { Free(memory); }

namespace u2fi {
namespace {

constexpr size_t kKib = 1024;

// Bytes that `work` had at once.
size_t PeakOf(const std::function<void()>& work) {
  const size_t before = used;
  peak = before;
  work();
  return peak - before;
}

std::string Repeated(absl::string_view part, size_t size) {
  std::string text;
  while (text.size() + part.size() <= size) absl::StrAppend(&text, part);
  return text;
}

// JSON of `size` bytes that costs the most: empty arrays.
std::string CostlyJson(size_t size) {
  return absl::StrCat("{\"keys\":[", Repeated("[],", size - 20), "[]]}");
}

TEST(ParserMemoryTest, ClientDataTakesUnder16Kib) {
  std::string members = "{\"typ\":\"x\"";
  for (int i = 0; i < 63; ++i) {
    absl::StrAppend(&members, ",\"a member's name ", i, "\":1");
  }
  members += "}";
  ASSERT_LE(members.size(), fido::kMaxClientDataSize);
  EXPECT_LT(PeakOf([&] { EXPECT_TRUE(fido::ParseClientData(members).ok()); }),
            16 * kKib);
  const std::string text =
      absl::StrCat("{\"challenge\":\"",
                   std::string(fido::kMaxClientDataSize - 16, 'c'), "\"}");
  EXPECT_LT(PeakOf([&] { EXPECT_TRUE(fido::ParseClientData(text).ok()); }),
            16 * kKib);
}

TEST(ParserMemoryTest, CborTakesUnder100Kib) {
  // One array of 511 empty maps; one byte string of the greatest size.
  const std::string many =
      absl::StrCat("\x99\x01\xff", std::string(511, '\xa0'));
  EXPECT_LT(PeakOf([&] { EXPECT_TRUE(fido::ParseCbor(many).ok()); }),
            100 * kKib);
  const std::string large =
      absl::StrCat("\x59\x3f\xfd", std::string(0x3ffd, 'x'));
  EXPECT_LT(PeakOf([&] { EXPECT_TRUE(fido::ParseCbor(large).ok()); }),
            100 * kKib);
  const std::string endless(16 * kKib, '\x81');
  EXPECT_LT(PeakOf([&] { EXPECT_FALSE(fido::ParseCbor(endless).ok()); }),
            100 * kKib);
}

TEST(ParserMemoryTest, AnAttestationObjectTakesUnder128Kib) {
  const std::string statement = absl::StrCat(
      "\xa3\x63"
      "fmt\x64none\x67"
      "attStmt\xa1\x63x5c\x99\x01\xe0",
      std::string(0x1e0, '\xa0'),
      "\x68"
      "authData\x59\x2f\xff",
      std::string(0x2fff, 'd'));
  EXPECT_LT(PeakOf([&] { (void)fido::ParseAttestationObject(statement); }),
            128 * kKib);
}

TEST(ParserMemoryTest, AuthenticatorDataTakesUnder100Kib) {
  std::string data =
      absl::StrCat(std::string(32, 'h'), "\x80", std::string(4, '\0'));
  // Extensions: one array of 500 empty maps.
  absl::StrAppend(&data, "\xa1\x61x\x99\x01\xf4", std::string(500, '\xa0'));
  EXPECT_LT(PeakOf([&] { (void)fido::ParseAuthenticatorData(data); }),
            100 * kKib);
}

TEST(ParserMemoryTest, ACertificateTakesUnder64Kib) {
  fido::FakeU2fToken token;
  for (int i = 0; i < 28; ++i) {
    token.leaf_spec.extensions.push_back(
        {absl::StrCat("1.3.6.1.4.1.99999.", i), false, std::string(200, 'x')});
  }
  const std::string der = token.Leaf();
  ASSERT_GT(der.size(), 6 * kKib);
  EXPECT_LT(PeakOf([&] {
              EXPECT_EQ(crypto::Certificate::FromDer(der).status().message(),
                        "");
            }),
            64 * kKib);
}

TEST(ParserMemoryTest, AU2fRegistrationTakesUnder64Kib) {
  fido::FakeU2fToken token;
  token.key_handle = std::string(255, 'k');
  for (int i = 0; i < 28; ++i) {
    token.leaf_spec.extensions.push_back(
        {absl::StrCat("1.3.6.1.4.1.99999.", i), false, std::string(200, 'x')});
  }
  const std::string message = token.Register("u2fi.test", "{}");
  EXPECT_LT(
      PeakOf([&] { EXPECT_TRUE(fido::ParseU2fRegistration(message).ok()); }),
      64 * kKib);
}

TEST(ParserMemoryTest, AnIdTokenTakesUnder1Mib) {
  const std::string part = crypto::Base64Url(CostlyJson(2000));
  const std::string token =
      absl::StrCat(part, ".", crypto::Base64Url(CostlyJson(3500)), ".AAAA");
  ASSERT_LE(token.size(), command_gate::kMaxIdToken);
  const std::string text;
  const std::vector<command_gate::JsonWebKey> keys;
  EXPECT_LT(PeakOf([&] {
              (void)command_gate::VerifyIdToken(
                  token, {text, text, text, keys, "ann", absl::UnixEpoch()});
            }),
            1024 * kKib);
}

TEST(ParserMemoryTest, JsonWebKeysTakeUnder4Mib) {
  const std::string text = CostlyJson(command_gate::kMaxJsonWebKeys);
  EXPECT_LT(PeakOf([&] { (void)command_gate::ParseJsonWebKeys(text); }),
            4096 * kKib);
}

TEST(ParserMemoryTest, MetadataTakesUnderFortyTimesItsSize) {
  const std::string payload = CostlyJson(256 * kKib);
  EXPECT_LT(PeakOf([&] { (void)fido::ParseMetadataPayload(payload); }),
            40 * payload.size());
}

}  // namespace
}  // namespace u2fi
