#include "services/attestation/key_cache.h"

#include <thread>
#include <vector>

#include "gtest/gtest.h"
#include "services/common/crypto/p256.h"
#include "services/common/status/status_matchers.h"

namespace u2fi::attestation {
namespace {

std::string NewKey() {
  return std::string(crypto::P256PrivateKey::Generate().public_key().point());
}

TEST(KeyCacheTest, GivesTheKeyOfTheBytes) {
  KeyCache cache(100);
  const std::string stored = NewKey();
  for (int i = 0; i < 2; ++i) {
    ASSERT_OK_AND_ASSIGN(const fido::CredentialKey key, cache.Get(stored));
    EXPECT_EQ(key.Stored(), stored);
  }
  EXPECT_EQ(cache.size(), 1u);
}

TEST(KeyCacheTest, WhatIsNoKeyIsNotKept) {
  KeyCache cache(100);
  EXPECT_FALSE(cache.Get("no key").ok());
  EXPECT_EQ(cache.size(), 0u);
}

TEST(KeyCacheTest, HoldsNoMoreThanItMay) {
  KeyCache cache(32);
  for (int i = 0; i < 200; ++i) ASSERT_OK(cache.Get(NewKey()));
  EXPECT_LE(cache.size(), 32u);
  EXPECT_GT(cache.size(), 0u);
}

TEST(KeyCacheTest, WithoutRoomItStillWorks) {
  KeyCache cache(0);
  const std::string stored = NewKey();
  ASSERT_OK_AND_ASSIGN(const fido::CredentialKey key, cache.Get(stored));
  EXPECT_EQ(key.Stored(), stored);
  EXPECT_EQ(cache.size(), 0u);
}

TEST(KeyCacheTest, ServesManyThreads) {
  KeyCache cache(16);
  std::vector<std::string> keys;
  keys.reserve(50);
  for (int i = 0; i < 50; ++i) keys.push_back(NewKey());
  std::vector<std::thread> threads;
  threads.reserve(4);
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 400; ++i) {
        const std::string& stored = keys[static_cast<size_t>(i * 7 % 50)];
        const auto key = cache.Get(stored);
        ASSERT_TRUE(key.ok());
        EXPECT_EQ(key->Stored(), stored);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

}  // namespace
}  // namespace u2fi::attestation
