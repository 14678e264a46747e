<?php

/*
 * Copyright (C) the moderate authors
 *
 * One request under php-cgi: what PHP made of the body before this line ran.
 */

function values($value, array &$found): void
{
    if (is_array($value) || is_object($value)) {
        foreach ((array) $value as $item) {
            values($item, $found);
        }
    } elseif (is_string($value)) {
        $found[] = base64_encode($value);
    }
}

$post = [];
values($_POST, $post);

/* an API written in PHP reads its body so, whatever type it is said to be */

$json = json_decode(file_get_contents('php://input'), false, 512,
                    JSON_BIGINT_AS_STRING);
$input = null;

if (json_last_error() === JSON_ERROR_NONE) {
    $input = [];
    values($json, $input);
}

header('Content-Type: application/json');
echo json_encode(['php' => $post, 'php-json' => $input]), "\n";
